"""Makes tests/golden/optim/ with the official weight-selection code, torch and
timm.

    python scripts/golden/optim.py --official DIR

DIR is a checkout of the paper's code (github: OscarXZQ/weight-selection). Its
functions are called from there, unchanged; none of them is copied here.
"""

import argparse
import ast
import contextlib
import io
import json
import math
import pathlib

import numpy
import safetensors.numpy
import timm
import timm.optim
import torch
from timm.models.vision_transformer import VisionTransformer
from timm.utils import ModelEmaV3
from torch.optim.swa_utils import AveragedModel

from hashed import hashed

FOLDER = pathlib.Path(__file__).parents[2] / "tests" / "golden" / "optim"
VERSIONS = {"torch": torch.__version__, "timm": timm.__version__,
            "numpy": numpy.__version__}

# lr, min_lr, epochs, warmup_epochs, steps_per_epoch
SCHEDULES = [
    (2e-3, 1e-6, 300, 50, 97),
    (4e-3, 1e-6, 600, 50, 48),
    (1e-3, 0.0, 7, 0, 3),
    (3e-4, 1e-5, 2, 1, 1),
    (1e-3, 1e-6, 3, 3, 4),
    (5e-4, 5e-4, 4, 2, 5),
    (0.0, 0.0, 3, 1, 3),
]

# Names, shapes, and which of them get no gradient at odd steps in a case.
PARAMETERS = {
    "pos_embed": (1, 5, 6),
    "blocks.0.attn.qkv.weight": (18, 6),
    "blocks.0.attn.qkv.bias": (18,),
    "blocks.0.conv.weight": (4, 3, 3, 3),
    "head.weight": (10, 37),
    "head.bias": (10,),
}
STEPS = 10
SKIPPED = "head.bias"


def official(checkout, file, function):
    """One function of the official code, unchanged."""
    source = (checkout / file).read_text()
    node = next(node for node in ast.parse(source).body
                if isinstance(node, ast.FunctionDef) and node.name == function)
    scope = {"np": numpy, "math": math, "json": json}
    exec(compile(ast.Module([node], []), file, "exec"), scope)

    def quiet(*arguments, **named):
        with contextlib.redirect_stdout(io.StringIO()):
            return scope[function](*arguments, **named)
    return quiet


def sampled(total, warmup):
    """Steps at the boundaries, and some between."""
    near = {0, 1, 2, warmup - 2, warmup - 1, warmup, warmup + 1, total - 2,
            total - 1}
    spread = {total * i // 17 for i in range(17)}
    return sorted(step for step in near | spread if 0 <= step < total)


def schedules(cosine_scheduler):
    cases = []
    for lr, min_lr, epochs, warmup_epochs, steps in SCHEDULES:
        values = cosine_scheduler(lr, min_lr, epochs, steps,
                                  warmup_epochs=warmup_epochs)
        at = sampled(epochs * steps, warmup_epochs * steps)
        cases.append({"lr": lr, "min_lr": min_lr, "epochs": epochs,
                      "warmup_epochs": warmup_epochs, "steps_per_epoch": steps,
                      "steps": at, "rates": [float(values[i]) for i in at]})
    return cases


def registers():
    return VisionTransformer(embed_dim=192, depth=12, num_heads=3, reg_tokens=4)


MODELS = {
    "vit_tiny_patch16_224": None,
    "deit_tiny_distilled_patch16_224": None,
    "convnext_femto": None,
    "vit_tiny_patch16_224+reg_tokens4": registers,
}


def decayed(get_parameter_groups, name, build):
    """Names to which both the official code and timm apply weight decay."""
    model = build() if build else timm.create_model(name)
    exempt = getattr(model, "no_weight_decay", lambda: set())()
    names = {id(p): n for n, p in model.named_parameters()}

    def with_decay(groups):
        return [names[id(p)] for group in groups if group["weight_decay"] > 0
                for p in group["params"]]
    ours = with_decay(get_parameter_groups(model, 0.05, exempt))
    assert ours == with_decay(timm.optim.param_groups_weight_decay(
        model, 0.05, no_weight_decay_list=exempt))
    return ours


def made_parameters():
    return {name: torch.nn.Parameter(torch.from_numpy(hashed(name, shape)))
            for name, shape in PARAMETERS.items()}


def set_gradients(parameters, step):
    for name, parameter in parameters.items():
        parameter.grad = None
        if name == SKIPPED and step % 2 == 1:
            continue
        values = hashed(f"{name}.grad.{step}", parameter.shape)
        parameter.grad = torch.from_numpy(values)


def adamw(max_norm=None, **kind):
    """Parameters and state after STEPS steps, and the gradients' norms."""
    parameters = made_parameters()
    plain = [p for n, p in parameters.items()
             if p.ndim == 1 or n == "pos_embed"]
    decay = [p for n, p in parameters.items()
             if not (p.ndim == 1 or n == "pos_embed")]
    optimizer = torch.optim.AdamW([{"params": decay, "weight_decay": 0.05},
                                   {"params": plain, "weight_decay": 0.0}],
                                  **kind)
    norms = []
    for step in range(STEPS):
        set_gradients(parameters, step)
        if max_norm is not None:
            norms.append(torch.nn.utils.clip_grad_norm_(
                parameters.values(), max_norm))
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * step
        optimizer.step()
    result = {n: p.detach() for n, p in parameters.items()}
    for name, parameter in parameters.items():
        for key, value in optimizer.state[parameter].items():
            result[f"{key}.{name}"] = value
    if norms:
        result["norms"] = torch.stack(norms)
    return result


def moving(average, update):
    """The average of weights that move by a hashed value per step."""
    model = torch.nn.Module()
    model.w = torch.nn.Parameter(torch.from_numpy(hashed("ema.w", (9, 7))))
    averages = average(model)
    for step in range(STEPS):
        with torch.no_grad():
            model.w += torch.from_numpy(hashed(f"ema.w.{step}", (9, 7)))
        update(averages, model, step + 1)
    return {"w": averages.module.w.detach()}


def ema():
    return moving(lambda model: ModelEmaV3(model, decay=0.9),
                  lambda averages, model, _: averages.update(model))


def ema_warmup():
    return moving(lambda model: ModelEmaV3(model, decay=0.7, use_warmup=True),
                  lambda averages, model, step: averages.update(model, step))


def average():
    return moving(AveragedModel,
                  lambda averages, model, _: averages.update_parameters(model))


def write_tensors(file, tensors):
    # A single key: safetensors writes several in varying order.
    safetensors.numpy.save_file(
        {k: numpy.ascontiguousarray(v.numpy()) for k, v in tensors.items()},
        FOLDER / file, {"versions": json.dumps(VERSIONS)})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--official", type=pathlib.Path, required=True,
                        help="checkout of the paper's code")
    checkout = parser.parse_args().official
    FOLDER.mkdir(parents=True, exist_ok=True)
    groups = official(checkout, "optim_factory.py", "get_parameter_groups")
    text = json.dumps({
        "versions": VERSIONS,
        "schedules": schedules(official(checkout, "utils.py",
                                        "cosine_scheduler")),
        "decayed": {name: decayed(groups, name, build)
                    for name, build in MODELS.items()},
    }, indent=0)
    (FOLDER / "recipe.json").write_text(text + "\n")
    write_tensors("adamw_fused.safetensors", adamw(fused=True))
    write_tensors("adamw_single.safetensors",
                  adamw(fused=False, foreach=False))
    write_tensors("adamw_clipped.safetensors", adamw(0.5, fused=True))
    write_tensors("ema.safetensors", ema())
    write_tensors("ema_warmup.safetensors", ema_warmup())
    write_tensors("average.safetensors", average())


if __name__ == "__main__":
    main()
