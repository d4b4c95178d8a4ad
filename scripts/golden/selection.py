"""Makes tests/golden/select/ with the official weight-selection code and timm.

    python scripts/golden/selection.py --official DIR

DIR is a checkout of the paper's code (github: OscarXZQ/weight-selection). Its
rule is loaded from there, unchanged; none of it is copied here.
"""

import argparse
import ast
import hashlib
import json
import pathlib

import numpy
import safetensors.numpy
import timm
import torch
from timm.layers import resample_abs_pos_embed, resample_patch_embed
from timm.models.convnext import ConvNeXt
from timm.models.vision_transformer import VisionTransformer

from hashed import hashed

FOLDER = pathlib.Path(__file__).parents[2] / "tests" / "golden" / "select"


def official_rule(checkout):
    """uniform_element_selection of the official script, unchanged."""
    source = (checkout / "weight_selection.py").read_text()
    tree = ast.parse(source)
    rule = next(node for node in tree.body if isinstance(node, ast.FunctionDef)
                and node.name == "uniform_element_selection")
    scope = {"torch": torch}
    exec(compile(ast.Module([rule], []), "weight_selection.py", "exec"), scope)
    return scope["uniform_element_selection"]


def femto():
    # The official student keeps fc1 and fc2 as matrices.
    return ConvNeXt(depths=(2, 2, 6, 2), dims=(48, 96, 192, 384),
                    conv_mlp=False)


def vit_224():
    return VisionTransformer(embed_dim=224, depth=12, num_heads=4)


def vit_tiny():
    return timm.create_model("vit_tiny_patch16_224")


PAIRS = [
    ("vit_small_patch16_224", "vit_tiny_patch16_224", vit_tiny),
    ("vit_base_patch16_224", "vit_tiny_patch16_224", vit_tiny),
    ("vit_large_patch16_224", "vit_tiny_patch16_224", vit_tiny),
    ("vit_small_patch16_224", "vit_tiny_patch16_224+embed_dim224", vit_224),
    ("convnext_tiny", "convnext_femto", femto),
    ("convnext_base", "convnext_femto", femto),
]


def select(rule, teacher, student):
    """The official script's loop over the student's names."""
    shapes = {k: v.shape for k, v in
              timm.create_model(teacher).state_dict().items()}
    digests = {}
    for name, tensor in student().state_dict().items():
        if "head" in name:
            continue
        weight = torch.from_numpy(hashed(name, tuple(shapes[name])))
        chosen = rule(weight, tensor.shape).contiguous().numpy()
        digests[name] = hashlib.sha256(chosen.tobytes()).hexdigest()[:16]
    return digests


def write_official(rule):
    cases = [{"teacher": teacher, "student": name,
              "sha256_16": select(rule, teacher, student)}
             for teacher, name, student in PAIRS]
    versions = {"torch": torch.__version__, "timm": timm.__version__,
                "numpy": numpy.__version__}
    text = json.dumps({"versions": versions, "cases": cases}, indent=0)
    (FOLDER / "official.json").write_text(text + "\n")


def write_resampled():
    tensors = {}
    for old, new, prefix in [(7, 5, 1), (5, 7, 2), (14, 16, 0), (3, 3, 1),
                             (37, 16, 1), (24, 14, 0)]:
        name = f"positions.{old}.{new}.{prefix}"
        source = torch.from_numpy(hashed(name, (1, prefix + old * old, 4)))
        tensors[name] = resample_abs_pos_embed(
            source, [new, new], [old, old], num_prefix_tokens=prefix)
    for old, new, prefix in [((7, 7), (5, 8), 1), ((12, 16), (14, 14), 1),
                             ((3, 8), (8, 3), 0), ((14, 14), (14, 10), 5),
                             ((24, 18), (12, 18), 0), ((6, 4), (6, 4), 2)]:
        name = (f"positions.{old[0]}x{old[1]}.{new[0]}x{new[1]}.{prefix}")
        source = torch.from_numpy(
            hashed(name, (1, prefix + old[0] * old[1], 4)))
        tensors[name] = resample_abs_pos_embed(
            source, list(new), list(old), num_prefix_tokens=prefix)
    for old, new in [(16, 14), (16, 8), (8, 16), (4, 2)]:
        for mode in ("bicubic", "bilinear"):
            name = f"kernel.{mode}.{old}.{new}"
            source = torch.from_numpy(hashed(name, (2, 3, old, old)))
            tensors[name] = resample_patch_embed(
                source, [new, new], interpolation=mode)
    for old, new in [(16, 14), (16, 8), (8, 16), (4, 2), (32, 7)]:
        name = f"kernel.picture.{old}.{new}"
        source = torch.from_numpy(hashed(name, (2, 3, old, old)))
        tensors[name] = torch.nn.functional.interpolate(
            source, (new, new), mode="bilinear", antialias=True)
    safetensors.numpy.save_file(
        {k: numpy.ascontiguousarray(v.numpy()) for k, v in tensors.items()},
        FOLDER / "resampled.safetensors",
        {"torch": torch.__version__, "timm": timm.__version__})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--official", type=pathlib.Path, required=True,
                        help="checkout of the paper's code")
    arguments = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_official(official_rule(arguments.official))
    write_resampled()


if __name__ == "__main__":
    main()
