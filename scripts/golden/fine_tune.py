"""Makes tests/golden/train/layer_decay.json with timm's parameter groups.

    python scripts/golden/fine_tune.py
"""

import json
import pathlib

import timm
import torch
from timm.optim import param_groups_layer_decay

FILE = (pathlib.Path(__file__).parents[2] / "tests" / "golden" / "train" /
        "layer_decay.json")
LAYER_DECAY = 0.75
MODELS = [
    "vit_tiny_patch16_224",
    "deit_tiny_distilled_patch16_224",
    "convnext_femto",
    "convnextv2_atto",
]


def groups(name):
    """The names of each group, with its scale and whether it has decay."""
    model = timm.create_model(name)
    names = {id(p): n for n, p in model.named_parameters()}
    exempt = getattr(model, "no_weight_decay", lambda: set())()
    made = param_groups_layer_decay(model, weight_decay=0.05,
                                    no_weight_decay_list=exempt,
                                    layer_decay=LAYER_DECAY)
    return [{"lr_scale": group["lr_scale"],
             "decay": group["weight_decay"] > 0,
             "names": [names[id(p)] for p in group["params"]]}
            for group in made]


def main():
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps({
        "versions": {"torch": torch.__version__, "timm": timm.__version__},
        "layer_decay": LAYER_DECAY,
        "models": {name: groups(name) for name in MODELS},
    }) + "\n")


if __name__ == "__main__":
    main()
