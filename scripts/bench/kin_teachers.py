#!/usr/bin/env python3
"""Linear probes of students of a kin form: the table in docs/teachers.md.

    scripts/bench/kin_teachers.py TEACHER --data-root FOLDER [--write]

TEACHER, a ViT or ConvNeXt, is given to a student of each form below, of its own
size and of two thirds of its width; each is probed, frozen and untrained, on a
data set of folders (train/CLASS, test/CLASS), beside the teacher itself and the
same student at random. What a form loses is the difference to the first student,
which has the teacher's. `--per-class` images of each class are used, the first by
name, and images have `--img-size` px: with 96 and 200 it takes some minutes on a
GPU.

Each probe is `wsel probe --json`, each student `wsel init`. `--write` replaces
the table between the comments in docs/teachers.md. Needs a release build.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parents[2]
PAGE = ROOT / "docs" / "teachers.md"
START, END = "<!-- kin teachers -->\n", "<!-- end of kin teachers -->"
# What of a ViT teacher's form the student has otherwise, and of a ConvNeXt's.
FORMS = {
    "the teacher's": {},
    "average of the patches, then the norm": {"pooling": "avg"},
    "no class token, as in vit_*_gap":
        {"class_token": False, "pooling": "normed-avg"},
    "no class token, attention pooling, as SigLIP":
        {"class_token": False, "pooling": "map"},
    "RMSNorm": {"norm": "rmsnorm"},
    "no final norm, as RADIO": {"final_norm": False},
    "rotary beside learnt positions, as RoPE-ViT":
        {"rope": "axial", "rope_temperature": 100, "rope_xy": True},
    "only rotary positions and registers, as DINOv3":
        {"rope": "dinov3", "rope_temperature": 100, "rope_rotate_half": True,
         "pos_embed": False, "reg_tokens": 4},
}


CONVNEXT_FORMS = {
    "the teacher's": {},
    "ConvNeXt V2": {"family": "convnextv2"},
    "ConvNeXt": {"family": "convnext"},
}


def run(wsel, *arguments):
    done = subprocess.run([str(wsel), *map(str, arguments)], text=True,
                          capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(f"wsel {' '.join(map(str, arguments))}\n{done.stderr}")
    return done.stdout


def subset(root, per_class, folder):
    """Links to the first images of each class."""
    for split in ("train", "test"):
        classes = sorted(p for p in (root / split).iterdir() if p.is_dir())
        if not classes:
            sys.exit(f"{root / split}: has no folder of a class")
        for source in classes:
            target = folder / split / source.name
            target.mkdir(parents=True)
            for image in sorted(source.iterdir())[:per_class]:
                (target / image.name).symlink_to(image.resolve())
    return folder


def vit_student(teacher, form, third, img_size):
    heads = max(1, teacher["num_heads"] * third // 3)
    width = teacher["embed_dim"] // teacher["num_heads"] * heads
    return {**teacher, "embed_dim": width, "num_heads": heads,
            "img_size": img_size, **form}


# The fields that ConvNeXt and its V2 both have.
CONVNEXT_FIELDS = ("family", "patch_size", "depths", "conv_mlp", "norm_eps")


def convnext_student(teacher, form, third, img_size):
    both = {key: teacher[key] for key in CONVNEXT_FIELDS if key in teacher}
    return {**(both if form else teacher), "img_size": img_size,
            "dims": [width * third // 3 for width in teacher["dims"]], **form}


def student_config(teacher, form, third, img_size):
    """Of `third` thirds of the teacher's width."""
    build = vit_student if teacher["family"] == "vit" else convnext_student
    return {**build(teacher, form, third, img_size), "name": "student",
            "num_classes": 0}


def width_of(config):
    return config["embed_dim"] if config["family"] == "vit" else \
        config["dims"][-1]


class Bench:
    def __init__(self, args, folder):
        self.wsel, self.teacher, self.folder = args.wsel, args.teacher, folder
        self.device, self.img_size = args.device, args.img_size
        self.data = subset(args.data_root, args.per_class, folder / "data")
        found = json.loads(run(args.wsel, "inspect", args.teacher, "--json"))
        self.config = found.get("model") or {}
        if not self.config:
            sys.exit(f"{args.teacher}: is not a ViT or ConvNeXt")
        self.is_vit = self.config["family"] == "vit"

    def probe(self, checkpoint):
        result = json.loads(run(
            self.wsel, "probe", "--checkpoint", checkpoint,
            "--dataset", "folder", "--data-root", self.data, "--device",
            self.device, "--json"))
        return result["top1"]

    def student(self, config, *arguments):
        """The accuracy of the features of a student by `wsel init`."""
        file = self.folder / "student.json"
        file.write_text(json.dumps(config))
        output = self.folder / "student.safetensors"
        output.unlink(missing_ok=True)
        run(self.wsel, "init", "--student", file, "--output", output,
            *arguments)
        return self.probe(output)

    def row(self, words, form, third):
        config = student_config(self.config, form, third, self.img_size)
        heads = ["--heads", "whole"] if self.is_vit else []
        selected = self.student(config, "--teacher", self.teacher, *heads)
        random = self.student(config, "--method", "timm")
        return f"| {words} | {width_of(config)} | {random:.2f} | " \
               f"{selected:.2f} |"

    def forms(self):
        """Those that are the teacher's only once."""
        if self.is_vit:
            return FORMS
        return {words: form for words, form in CONVNEXT_FORMS.items()
                if form.get("family") != self.config["family"]}


def table(bench, args):
    lines = [f"{args.teacher.stem}, {args.data_name}, {args.per_class} images "
             f"of each class for training and as many for testing, students of "
             f"{args.img_size} px: the teacher itself, of its own image size, "
             f"has {bench.probe(args.teacher):.2f} % top-1.", "",
             "| the student's form | width | random | selected |",
             "|---|---|---|---|"]
    for third in (3, 2):
        for words, form in bench.forms().items():
            lines.append(bench.row(words, form, third))
            print(lines[-1], file=sys.stderr)
    return lines


def write(lines):
    text = PAGE.read_text()
    at, to = text.index(START) + len(START), text.index(END)
    PAGE.write_text(text[:at] + "\n".join(lines) + "\n" + text[to:])


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("teacher", type=pathlib.Path)
    parser.add_argument("--data-root", type=pathlib.Path, required=True)
    parser.add_argument("--data-name", help="in the table; default: the folder's")
    parser.add_argument("--per-class", type=int, default=200)
    parser.add_argument("--img-size", type=int, default=96)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--wsel", type=pathlib.Path,
                        default=ROOT / "build" / "release" / "wsel")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    args.data_name = args.data_name or args.data_root.name
    return args


def main():
    args = arguments()
    with tempfile.TemporaryDirectory() as folder:
        lines = table(Bench(args, pathlib.Path(folder)), args)
    if args.write:
        write(lines)
    else:
        print("\n".join(lines))


if __name__ == "__main__":
    main()
