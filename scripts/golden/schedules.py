"""Makes tests/golden/optim/schedules.json: the learning rate of each step of
timm's and torch's schedules.

    python scripts/golden/schedules.py
"""

import json
import warnings

import timm
import torch
from timm.scheduler import CosineLRScheduler, StepLRScheduler
from torch.optim.lr_scheduler import (
    CosineAnnealingLR, LinearLR, OneCycleLR, SequentialLR)

from optim import FOLDER

LR = 3e-3
STEPS = 5  # of an epoch


def optimizer():
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR)


def by_timm(make, epochs, warmup_epochs, warmup_lr, **options):
    sgd = optimizer()
    schedule = make(sgd, warmup_t=warmup_epochs * STEPS,
                    warmup_lr_init=warmup_lr, warmup_prefix=True,
                    t_in_epochs=False, **options)
    rates = []
    for step in range(epochs * STEPS):
        schedule.step_update(step)
        rates.append(sgd.param_groups[0]["lr"])
    return {"epochs": epochs, "warmup_epochs": warmup_epochs,
            "warmup_lr": warmup_lr, "rates": rates}


def by_torch(sgd, schedule, epochs):
    rates = []
    for _ in range(epochs * STEPS):
        rates.append(sgd.param_groups[0]["lr"])
        sgd.step()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if len(rates) < epochs * STEPS:
                schedule.step()
    return rates


def restarts(epochs, warmup_epochs, warmup_lr, min_lr, cycle_epochs, mul, decay,
             limit):
    case = by_timm(CosineLRScheduler, epochs, warmup_epochs, warmup_lr,
                   t_initial=cycle_epochs * STEPS, lr_min=min_lr, cycle_mul=mul,
                   cycle_decay=decay, cycle_limit=limit or 10**9)
    return {"name": "cosine-restarts", "min_lr": min_lr,
            "cycle_epochs": cycle_epochs, "cycle_mul": mul,
            "cycle_decay": decay, "cycle_limit": limit, **case}


def rewarmed(epochs, warmup_epochs, warmup_lr, min_lr, cycle_epochs, mul, decay,
             rewarm_epochs):
    """Pairs of LinearLR and CosineAnnealingLR, one for each cycle."""
    sgd = optimizer()
    parts, milestones = [], []
    warmup, length, lr = warmup_epochs * STEPS, cycle_epochs * STEPS, LR
    step = 0
    while step < epochs * STEPS:
        for part, size in [
                (LinearLR(sgd, warmup_lr / lr, total_iters=warmup), warmup),
                (CosineAnnealingLR(sgd, length, eta_min=min_lr), length)]:
            part.base_lrs = [lr]  # all parts found the optimizer's
            parts.append(part)
            step += size
            milestones.append(step)
        # The first warmup comes before its cycle, the others are part of them.
        warmup = rewarm_epochs * STEPS
        length = round(cycle_epochs * STEPS * mul ** (len(parts) // 2)) - warmup
        lr *= decay
    schedule = SequentialLR(sgd, parts, milestones[:-1])
    return {"name": "cosine-restarts", "min_lr": min_lr,
            "cycle_epochs": cycle_epochs, "cycle_mul": mul,
            "cycle_decay": decay, "rewarm_epochs": rewarm_epochs,
            "epochs": epochs, "warmup_epochs": warmup_epochs,
            "warmup_lr": warmup_lr, "rates": by_torch(sgd, schedule, epochs)}


def steps(epochs, warmup_epochs, warmup_lr, decay_epochs, decay_rate):
    case = by_timm(StepLRScheduler, epochs, warmup_epochs, warmup_lr,
                   decay_t=decay_epochs * STEPS, decay_rate=decay_rate)
    return {"name": "step", "decay_epochs": decay_epochs,
            "decay_rate": decay_rate, **case}


def constant(epochs, warmup_epochs, warmup_lr):
    """As timm's create_scheduler_v2 makes it."""
    case = by_timm(StepLRScheduler, epochs, warmup_epochs, warmup_lr,
                   decay_t=1, decay_rate=1.0)
    return {"name": "constant", **case}


def one_cycle(epochs, warmup_epochs, div_factor, final_div_factor):
    sgd = optimizer()
    schedule = OneCycleLR(sgd, LR, total_steps=epochs * STEPS,
                          pct_start=warmup_epochs / epochs,
                          div_factor=div_factor,
                          final_div_factor=final_div_factor,
                          cycle_momentum=False)
    rates = by_torch(sgd, schedule, epochs)
    return {"name": "one-cycle", "epochs": epochs,
            "warmup_epochs": warmup_epochs, "div_factor": div_factor,
            "final_div_factor": final_div_factor, "rates": rates}


def main():
    cases = [
        restarts(12, 2, 1e-5, 1e-6, 3, 1.0, 1.0, 0),
        restarts(12, 0, 0.0, 0.0, 3, 1.0, 0.5, 2),
        restarts(16, 1, 1e-4, 1e-5, 2, 2.0, 0.7, 0),
        restarts(14, 2, 0.0, 1e-6, 2, 1.5, 1.0, 3),
        rewarmed(11, 2, 1e-5, 1e-6, 3, 1.0, 1.0, 1),
        rewarmed(14, 1, 1e-4, 0.0, 2, 2.0, 0.5, 1),
        rewarmed(16, 3, 3e-5, 1e-5, 4, 1.0, 0.7, 3),
        steps(10, 3, 1e-5, 2, 0.1),
        steps(7, 0, 0.0, 3, 0.97),
        constant(6, 2, 1e-5),
        constant(3, 0, 0.0),
        one_cycle(8, 2, 25.0, 1e4),
        one_cycle(8, 4, 10.0, 100.0),
        one_cycle(4, 0, 25.0, 1e4),
    ]
    text = json.dumps({
        "versions": {"torch": torch.__version__, "timm": timm.__version__},
        "lr": LR, "steps_per_epoch": STEPS, "cases": cases})
    (FOLDER / "schedules.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
