"""What the program finds of a model of which only the tensors' shapes are known:
the part of coverage.py that runs it."""

import json
import math
import pathlib
import re
import struct
import subprocess
import tempfile

TIMEOUT = 900  # seconds, far more than any run takes


def write_shapes(path, shapes):
    """A safetensors file of zeros, as sparse as the disk allows."""
    header, at = {}, 0
    for name, shape in shapes.items():
        size = 2 * math.prod(shape)
        header[name] = {"dtype": "F16", "shape": list(shape),
                        "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + at)


def run(wsel, *arguments):
    try:
        done = subprocess.run([str(wsel), *map(str, arguments)], text=True,
                              capture_output=True, timeout=TIMEOUT,
                              check=False)
    except subprocess.TimeoutExpired:
        return 124, "", f"{arguments[0]} has not ended after {TIMEOUT} s"
    # The same page each time: without the folders of temporary files.
    folders = re.escape(tempfile.gettempdir()) + r"/\S*/"
    return done.returncode, done.stdout, re.sub(folders, "", done.stderr)


class Seen:
    """The result of `inspect --json`."""

    def __init__(self, wsel, path):
        code, out, error = run(wsel, "inspect", path, "--json")
        self.found = json.loads(out) if code == 0 else {}
        self.error = error.strip()
        self.names = self.found.get("names") or {}
        self.model = self.found.get("model")
        self.facts = self.found.get("facts") or {}

    def unused(self):
        """Tensors that are in the way."""
        unexpected = self.names.get("unexpected", {})
        return [f"{k}: {v}" for k, v in unexpected.items()] + [
            f"{name} is missing" for name in self.found.get("missing", [])]

    def understood(self):
        return self.model is not None and not self.unused()

    def reason(self):
        """Why it is not understood."""
        text = self.found.get("unsupported_reason", "")
        return text or "; ".join(self.unused()[:2]) or self.error

    def told(self):
        """What is said to be assumed, or otherwise here than there."""
        return self.found.get("assumptions", []) + self.found.get(
            "remarks", []) + self.names.get("warnings", [])


def differences(seen, config, images):
    """Properties that are not those of the library: of the model, by the keys
    of `inspect --json`, and of the images."""
    out = []
    for key, value in config.items():
        got = seen.model.get(key, DEFAULTS.get(key))
        if not same(got, value):
            out.append(f"{key} {got}, is {value}")
    for key, value in images.items():
        fact = seen.facts.get(key, {})
        got = fact.get("value") if isinstance(fact, dict) else fact
        if not same(got, value):
            out.append(f"{key} {got}, is {value}")
    return out


# Of keys that inspect leaves out where they have their default.
DEFAULTS = {
    "activation": "gelu", "norm": "layernorm", "final_norm": True, "embed_norm": False,
    "block": "pre-norm", "qkv": "fused", "qk_norm": False, "diff_attn": False,
    "scale_attn_norm": False, "proj_bias": True, "mlp": "mlp",
    "scale_mlp_norm": False, "attn_pool_heads": 0, "attn_pool_mlp_ratio": 0,
    "pool_include_prefix": False, "pos_embed": True, "rope": "none",
    "rope_temperature": 10000, "rope_grid_offset": 0, "rope_xy": False,
    "rope_ref_grid": 0, "rope_rotate_half": False, "stem_type": "patch",
    "norm_layer": "layernorm", "kernel_sizes": [7, 7, 7, 7],
    "head_hidden_size": 0}


def same(a, b):
    if isinstance(b, (list, tuple)):
        return isinstance(a, (list, tuple)) and len(a) == len(b) and all(
            map(same, a, b))
    if isinstance(b, float) or isinstance(a, float):
        return a is not None and abs(float(a) - float(b)) <= 1e-9 + 1e-6 * abs(b)
    return a == b


# Of a teacher's config what a student of its form need not have.
OF_TEACHER = ("name", "num_classes", "head_hidden_size", "attn_pool_heads",
              "attn_pool_mlp_ratio", "pool_include_prefix")


def student_of(model):
    """A small student of the teacher's form: of its fields only sizes differ."""
    form = {k: v for k, v in model.items() if k not in OF_TEACHER}
    if model["family"] != "vit":
        return {**form, "dims": [8, 16, 24, 32], "depths": [1, 1, 1, 1]}
    # One head as wide as the teacher's, which keeps the order of its channels;
    # attention pooling is left out for another one.
    side = model.get("patch_size", 16)
    if model.get("pooling") == "map":
        form["pooling"] = "token" if model.get("class_token", True) else \
            "normed-avg"
    return {**form, "img_size": 2 * side, "depth": 1, "num_heads": 1,
            "embed_dim": model["embed_dim"] // model["num_heads"]}


def dry_run(wsel, path, model):
    """The exit code of a selection from the file."""
    student = pathlib.Path(path).with_name("student.json")
    student.write_text(json.dumps(student_of(model)))
    code, _, error = run(wsel, "init", "--teacher", path, "--student", student,
                         "--output", student.with_suffix(".safetensors"),
                         "--dry-run")
    return code, error.strip()
