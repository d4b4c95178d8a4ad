"""Makes tests/golden/train/{vit,convnext}.safetensors: small timm models that
torch trains for ten steps of the recipe.

    python scripts/golden/train.py

A step is timm's Mixup over the effective batch, micro-batches with drop path,
SoftTargetCrossEntropy, clip_grad_norm_, AdamW in timm's two groups at the
schedule's rate, and ModelEmaV3. Images, labels and initial weights are
hashed.py's; drop path masks and learning rates are wsel's. A file has the
losses and gradient norms of the steps, the first logits, and digests of
tensors.

tests/train/parity_test.cpp runs the same steps with the same constants.
"""

import json
import math
import pathlib

import numpy as np
import safetensors.numpy
import timm.optim
import torch
from timm.data import Mixup
from timm.layers import DropPath
from timm.loss import SoftTargetCrossEntropy
from timm.utils import ModelEmaV3

import hashed
import timm_build

FOLDER = pathlib.Path(__file__).parents[2] / "tests" / "golden" / "train"

MODELS = {
    "vit": dict(family="vit", img_size=32, patch_size=8, embed_dim=32, depth=3,
                num_heads=4, num_classes=10),
    "convnext": dict(family="convnext", img_size=64, patch_size=4,
                     dims=[8, 16, 24, 32], depths=[1, 1, 2, 1], num_classes=10,
                     layer_scale=1e-6),
}

SEED = 7
BATCH, MICRO_BATCH = 8, 4
EPOCHS, WARMUP_EPOCHS, STEPS_PER_EPOCH = 5, 2, 2
STEPS = EPOCHS * STEPS_PER_EPOCH
LR, MIN_LR = 4e-3, 1e-6
WEIGHT_DECAY = 0.05
SMOOTHING = 0.1
DROP_PATH = 0.4
CLIP = 3.0  # below some norms and above others
EMA_DECAY = 0.9
PROBES = 16


def philox(counter, key):
    """Philox4x32-10 (Salmon et al.)."""
    x, k = list(counter), list(key)
    for _ in range(10):
        a, b = 0xD2511F53 * x[0], 0xCD9E8D57 * x[2]
        x = [(b >> 32) ^ x[1] ^ k[0], b & 0xFFFFFFFF,
             (a >> 32) ^ x[3] ^ k[1], a & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return x


def split(value):
    return value & 0xFFFFFFFF, value >> 32


def uniform(seed, name, index):
    """Value `index` of wsel's RandomStream(seed, name)."""
    counter = split(index) + split(hashed.fnv1a64(name))
    low, high, _, _ = philox(counter, split(seed))
    return (((high << 32 | low) >> 12) + 0.5) * 2.0**-52


class DrawnDropPath(DropPath):
    """timm's, with random numbers from wsel's stream of the step, addressed by
    sample and branch."""

    step = first = branches = None  # of the next forward pass

    def __init__(self, drop_prob, branch):
        super().__init__(drop_prob)
        self.branch = branch

    def forward(self, x):
        keep = 1 - self.drop_prob
        drawn = [uniform(SEED, f"drop_path.{self.step}",
                         (self.first + i) * self.branches + self.branch)
                 for i in range(x.shape[0])]
        scale = torch.tensor([1 / keep if u < keep else 0 for u in drawn],
                             dtype=x.dtype)
        return x * scale.view(-1, *[1] * (x.ndim - 1))


def draw_by_address(model):
    """Numbers branches in the order of the forward pass, including timm's
    Identity for a rate of 0."""
    places = [(module, name) for module in model.modules()
              for name, _ in module.named_children()
              if name.startswith("drop_path")]
    DrawnDropPath.branches = len(places)
    for branch, (block, name) in enumerate(places):
        old = getattr(block, name)
        if isinstance(old, DropPath):
            setattr(block, name, DrawnDropPath(old.drop_prob, branch))


class GivenMixup(Mixup):
    """timm's, with a hashed lambda."""

    step = None

    def _params_per_batch(self):
        return hashed.uniforms("lambda", STEPS)[self.step, 0], False


def learning_rate(step):
    """The official cosine_scheduler, from tests/golden/optim."""
    warmup = WARMUP_EPOCHS * STEPS_PER_EPOCH
    if step < warmup:
        return float(np.linspace(0, LR, warmup)[step])
    angle = math.pi * (step - warmup) / (STEPS - warmup)
    return MIN_LR + 0.5 * (LR - MIN_LR) * (1 + math.cos(angle))


def pictures(config, step):
    """Images and labels of one of two alternating batches."""
    batch, size = step % STEPS_PER_EPOCH, config["img_size"]
    images = hashed.normal(f"images.{batch}", (BATCH, 3, size, size), 1.0)
    shares = hashed.uniforms(f"labels.{batch}", BATCH)[:, 0]
    labels = (shares * config["num_classes"]).astype(np.int64)
    return torch.from_numpy(images), torch.from_numpy(labels)


def digest(name, tensor):
    """Products with hashed vectors: each has an error like that of the whole
    tensor."""
    values = tensor.detach().double().clone()
    if name.endswith("attn.qkv.bias"):
        # A key's bias shifts all scores of a query equally: its gradient is 0
        # up to rounding, which AdamW amplifies.
        values.view(3, -1)[1] = 0
    probes = hashed.normal(f"probe.{name}", (PROBES, values.numel()), 1.0)
    return (torch.from_numpy(probes).double() @ values.flatten()).float()


def groups(model):
    exempt = getattr(model, "no_weight_decay", lambda: set())()
    return timm.optim.param_groups_weight_decay(
        model, WEIGHT_DECAY, no_weight_decay_list=exempt)


def fill(model):
    with torch.no_grad():
        for name, p in model.named_parameters():
            p.copy_(torch.from_numpy(hashed.parameter(name, tuple(p.shape))))


def train(config, dtype=torch.float32):
    model = timm_build.build(config, DROP_PATH)
    draw_by_address(model)
    fill(model)
    model.to(dtype).train()
    start = {n: p.detach().clone() for n, p in model.named_parameters()}
    optimizer = torch.optim.AdamW(groups(model), lr=LR)
    average = ModelEmaV3(model, decay=EMA_DECAY)
    mixup = GivenMixup(label_smoothing=SMOOTHING,
                       num_classes=config["num_classes"])
    criterion = SoftTargetCrossEntropy()
    losses, norms, logits, out = [], [], [], {}
    for step in range(STEPS):
        DrawnDropPath.step = mixup.step = step
        images, labels = pictures(config, step)
        images, targets = mixup(images, labels)
        images, targets = images.to(dtype), targets.to(dtype)
        optimizer.zero_grad()
        loss = 0
        for first in range(0, BATCH, MICRO_BATCH):
            DrawnDropPath.first = first
            part = slice(first, first + MICRO_BATCH)
            found = model(images[part])
            share = criterion(found, targets[part]) * (MICRO_BATCH / BATCH)
            share.backward()
            loss += share.detach()
            if step == 0:
                logits.append(found.detach())
        if step == 0:
            for name, p in model.named_parameters():
                out[f"gradient.{name}"] = digest(name, p.grad)
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP))
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step)
        optimizer.step()
        average.update(model)
        losses.append(loss)
    out |= {"logits": torch.cat(logits), "losses": torch.stack(losses),
            "norms": torch.stack(norms)}
    for name, p in model.named_parameters():
        averaged = average.module.get_parameter(name)
        out[f"moved.{name}"] = digest(name, p - start[name])
        out[f"averaged.{name}"] = digest(name, averaged - start[name])
    return {k: v.float().numpy() for k, v in out.items()}


def relative(found, wanted):
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))


def report(name, single, double):
    """The effect of float32 rounding, for the test's tolerances."""
    print(name, "losses", single["losses"], "norms", single["norms"])
    worst = {}
    for key in single:
        kind = key.split(".")[0]
        error = relative(single[key], double[key])
        worst[kind] = max(worst.get(kind, (0, "")), (error, key))
    for kind, (error, key) in worst.items():
        print(f"  {kind}: {error:.1e} off float64 at {key}")


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, config in MODELS.items():
        tensors = train(config)
        report(name, tensors, train(config, torch.float64))
        run = {"config": config, "versions": timm_build.versions()}
        path = FOLDER / f"{name}.safetensors"
        # A single key: safetensors writes several in varying order.
        safetensors.numpy.save_file(tensors, path, {"run": json.dumps(run)})
        print(path.name, path.stat().st_size)


if __name__ == "__main__":
    main()
