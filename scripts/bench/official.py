#!/usr/bin/env python3
"""Runs the paper's own weight selection on a local teacher, for timing.

The official script downloads its teacher; here timm.create_model loads a file
instead. Everything else is the script's main, unchanged, on timm 1.x.

  official.py --official DIR --teacher FILE.safetensors --output DIR
              [--model vit_small_patch16_224] [--student-family vit]

DIR is a checkout of GitHub's OscarXZQ/weight-selection; what it writes is
<output>/vit.pth or <output>/convnext.pth. Needs torch, timm and safetensors, as
in .venv-parity.
"""

import argparse
import pathlib
import runpy
import sys
import warnings


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--official", type=pathlib.Path, required=True)
    parser.add_argument("--teacher", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--model", default="vit_small_patch16_224")
    parser.add_argument("--student-family", default="vit", choices=["vit", "convnext"])
    return parser.parse_args()


def classes_of(teacher):
    """Rows of the classifier; 0 without one."""
    from safetensors import safe_open

    with safe_open(teacher, framework="pt") as file:
        for name in ("head.bias", "head.fc.bias"):
            if name in file.keys():
                return file.get_slice(name).get_shape()[0]
    return 0


def load_from(teacher):
    """Makes timm.create_model(..., pretrained=True) load `teacher`."""
    import timm

    create = timm.create_model

    def create_model(name, pretrained=False, **options):
        if pretrained:
            options["checkpoint_path"] = str(teacher)
            options["num_classes"] = classes_of(teacher)
        return create(name, pretrained=False, **options)

    timm.create_model = create_model


def main():
    args = parse_args()
    script = args.official / "weight_selection.py"
    # It imports timm by names from before 1.0, which still work with a warning.
    warnings.simplefilter("ignore")
    sys.path.insert(0, str(args.official))
    load_from(args.teacher.resolve())
    sys.argv = [
        str(script),
        "--output_dir", str(args.output),
        "--model_type", args.student_family,
        "--pretrained_model", args.model,
    ]  # fmt: skip
    runpy.run_path(str(script), run_name="__main__")


if __name__ == "__main__":
    main()
