"""Makes tests/golden/train/script_*.pt: TorchScript modules as teachers, some
of them unusable.

    python scripts/golden/script_teachers.py
"""

import json
import pathlib

import torch
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


class OnCuda(Means):
    def forward(self, x: torch.Tensor):
        return self.map(x.mean([2, 3]).to("cuda"))


class Large(Means):
    """Accepts only images of 24 x 24."""

    def forward(self, x: torch.Tensor):
        return self.map(x.view(-1, 3, 24 * 24).mean(2))


def main():
    for name, module in {"means": Means(), "pair": Pair(), "cuda": OnCuda(),
                         "large": Large()}.items():
        path = FOLDER / f"script_{name}.pt"
        extra = {"versions": json.dumps({"torch": torch.__version__})}
        torch.jit.script(module.eval()).save(str(path), _extra_files=extra)
        print(path.name, path.stat().st_size)


if __name__ == "__main__":
    main()
