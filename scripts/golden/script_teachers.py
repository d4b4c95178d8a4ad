"""Makes tests/golden/train/script_*.pt: TorchScript modules as teachers, some
of them unusable.

    python scripts/golden/script_teachers.py
"""

import json
import pathlib

import timm
import torch
from timm.models.vision_transformer import VisionTransformer
from torch import nn

import hashed

FOLDER = pathlib.Path(__file__).parents[2] / "tests" / "golden" / "train"


class Means(nn.Module):
    """Means of the three channels, mapped to three logits."""

    def __init__(self):
        super().__init__()
        self.map = nn.Linear(3, 3)
        with torch.no_grad():
            for name, p in self.map.named_parameters():
                p.copy_(torch.from_numpy(
                    hashed.parameter(f"map.{name}", tuple(p.shape))))

    def forward(self, x: torch.Tensor):
        return self.map(x.mean([2, 3]))


class Pair(Means):
    def forward(self, x: torch.Tensor):
        y = self.map(x.mean([2, 3]))
        return y, y


class Probabilities(Means):
    def forward(self, x: torch.Tensor):
        return self.map(x.mean([2, 3])).softmax(1)


class OnCuda(Means):
    def forward(self, x: torch.Tensor):
        return self.map(x.mean([2, 3]).to("cuda"))


class Large(Means):
    """Accepts only images of 24 x 24."""

    def forward(self, x: torch.Tensor):
        return self.map(x.view(-1, 3, 24 * 24).mean(2))


def traced_vit():
    """timm's ViT with four heads, which its tensors do not show."""
    model = VisionTransformer(img_size=16, patch_size=8, embed_dim=8, depth=1,
                              num_heads=4, num_classes=2)
    with torch.no_grad():
        for name, p in model.named_parameters():
            p.copy_(torch.from_numpy(hashed.parameter(name, tuple(p.shape))))
    return torch.jit.trace(model.eval(), torch.zeros(2, 3, 16, 16))


def main():
    for name, module in {"means": Means(), "pair": Pair(), "cuda": OnCuda(),
                         "large": Large(), "frozen": Means(),
                         "probabilities": Probabilities(),
                         "vit": traced_vit()}.items():
        path = FOLDER / f"script_{name}.pt"
        extra = {"versions": json.dumps({"torch": torch.__version__,
                                         "timm": timm.__version__})}
        script = module
        if not isinstance(module, torch.jit.ScriptModule):
            script = torch.jit.script(module.eval())
        if name == "frozen":
            script = torch.jit.freeze(script)
        script.save(str(path), _extra_files=extra)
        print(path.name, path.stat().st_size)


if __name__ == "__main__":
    main()
