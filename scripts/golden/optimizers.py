"""Makes the goldens of SGD, LAMB and Muon in tests/golden/optim/ with torch and
timm: parameters and state after ten steps.

    python scripts/golden/optimizers.py
"""

import timm.optim
import torch
from timm.optim.muon import _COEFFICIENTS, zeropower_via_newtonschulz

from hashed import hashed
from optim import STEPS, made_parameters, set_gradients, write_tensors

WEIGHT_DECAY = 0.05
MOMENTUM = 0.9


def made_groups(parameters):
    plain = [p for n, p in parameters.items()
             if p.ndim == 1 or n == "pos_embed"]
    decay = [p for n, p in parameters.items()
             if not (p.ndim == 1 or n == "pos_embed")]
    return [{"params": decay, "weight_decay": WEIGHT_DECAY},
            {"params": plain, "weight_decay": 0.0}]


def set_all_gradients(parameters, step):
    """As set_gradients, but none is skipped: timm's Lamb counts the steps of a
    group, not of a parameter."""
    for name, parameter in parameters.items():
        values = hashed(f"{name}.grad.{step}", parameter.shape)
        parameter.grad = torch.from_numpy(values)


def trained(made, gradients=set_gradients):
    parameters = made_parameters()
    optimizer = made(made_groups(parameters))
    for step in range(STEPS):
        gradients(parameters, step)
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * step
        optimizer.step()
    result = {n: p.detach() for n, p in parameters.items()}
    for name, parameter in parameters.items():
        for key, value in optimizer.state[parameter].items():
            if isinstance(value, torch.Tensor):
                result[f"{key}.{name}"] = value
    return result


def by_timm(name):
    """As timm's train.py does with --opt."""
    return lambda groups: timm.optim.create_optimizer_v2(
        groups, opt=name, lr=1e-3, weight_decay=0.0, momentum=MOMENTUM)


def main():
    write_tensors("sgd_nesterov.safetensors", trained(by_timm("sgd")))
    write_tensors("sgd_momentum.safetensors", trained(by_timm("momentum")))
    write_tensors("sgd_plain.safetensors",
                  trained(lambda groups: torch.optim.SGD(groups, lr=1e-3)))
    write_tensors("lamb.safetensors", trained(by_timm("lamb"),
                                              set_all_gradients))
    write_tensors("muon.safetensors", trained(by_timm("muon")))
    matrices = {
        f"{rows}x{columns}": zeropower_via_newtonschulz(
            torch.from_numpy(hashed("muon", (rows, columns))), 5,
            _COEFFICIENTS["quintic"], dtype=torch.float32).contiguous()
        for rows, columns in [(6, 9), (9, 6), (5, 5)]}
    write_tensors("orthogonalised.safetensors", matrices)


if __name__ == "__main__":
    main()
