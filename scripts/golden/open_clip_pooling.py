#!/usr/bin/env python3
"""Golden: how open_clip's own image towers pool, by their config.

    scripts/golden/open_clip_pooling.py   # writes tests/golden/naming/open_clip_pooling.json

The weights are those of tests/golden/naming/open_clip.safetensors and
open_clip_clipa.safetensors (naming.py). For each value of `pool_type` and
`final_ln_after_pool` open_clip builds the tower, loads them strictly and encodes
hashed.normal("input"); `config` is its open_clip_config.json.

Needs open_clip_torch.
"""

import json
import pathlib

import open_clip
import safetensors.torch
import torch

import hashed

FOLDER = pathlib.Path(__file__).parents[2] / "tests" / "golden" / "naming"
SIZE = 8
# As in naming.py, which writes the weights.
VISION = dict(layers=2, width=16, head_width=8, mlp_ratio=2, patch_size=4,
              image_size=SIZE)
TEXT = dict(context_length=8, vocab_size=20, width=16, heads=2, layers=1)
FILES = {"open_clip.safetensors": {},
         "open_clip_clipa.safetensors": {"no_ln_pre": True}}
POOLINGS = [(None, None), ("tok", False), ("tok", True), ("avg", None),
            ("avg", False), ("avg", True)]


def stated(pool_type, after):
    """The keys that a config has, which may leave out defaults."""
    keys = {"pool_type": pool_type, "final_ln_after_pool": after}
    return {k: v for k, v in keys.items() if v is not None}


def case(file, vision):
    model = open_clip.model.CLIP(
        embed_dim=6, vision_cfg=open_clip.CLIPVisionCfg(**vision),
        text_cfg=open_clip.CLIPTextCfg(**TEXT))
    model.load_state_dict(safetensors.torch.load_file(FOLDER / file))
    images = torch.from_numpy(hashed.normal("input", (2, 3, SIZE, SIZE), 1.0))
    with torch.no_grad():
        outputs = model.eval().encode_image(images)
    return {"file": file, "outputs": outputs.flatten().tolist(),
            "config": {"model_cfg": {"embed_dim": 6, "vision_cfg": vision,
                                     "text_cfg": TEXT}}}


def main():
    cases = [case(file, {**VISION, **form, **stated(*pooling)})
             for file, form in FILES.items() for pooling in POOLINGS]
    golden = {"versions": {"open_clip": open_clip.__version__,
                           "torch": torch.__version__},
              "cases": cases}
    path = FOLDER / "open_clip_pooling.json"
    path.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
