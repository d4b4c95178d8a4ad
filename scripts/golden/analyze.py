"""Makes tests/golden/analyze/numpy.safetensors: what wsel analyze computes,
from the definitions in NumPy.

    python scripts/golden/analyze.py

All inputs are hashed; tests/analyze/golden_test.cpp uses the same.
"""

import json
import pathlib

import numpy as np
import safetensors.numpy

import hashed

PATH = (pathlib.Path(__file__).parents[2] / "tests" / "golden" / "analyze" /
        "numpy.safetensors")
WIDTH, HEADS = 24, 3
PICTURES = 40


def parameter(name, shape):
    return hashed.parameter(name, shape).astype(np.float64)


def attention(head):
    """Tokens are rows, x -> x W."""
    qkv = parameter("blocks.1.attn.qkv.weight", (3 * WIDTH, WIDTH))
    proj = parameter("blocks.1.attn.proj.weight", (WIDTH, WIDTH))
    # Split as in timm's forward: [3, heads, head_dim, D].
    w_q, w_k, w_v = qkv.reshape(3, HEADS, WIDTH // HEADS, WIDTH)[:, head].transpose(0, 2, 1)
    w_proj = proj.T.reshape(HEADS, WIDTH // HEADS, WIDTH)[head]
    return w_q @ w_k.T, w_v @ w_proj


def effective_rank(matrix):
    """Roy & Vetterli 2007."""
    values = np.linalg.svd(matrix, compute_uv=False)
    p = values / values.sum()
    return np.exp(-(p * np.log(p)).sum())


def linear_cka(x, y):
    """From Gram matrices, HSIC / sqrt(HSIC HSIC), unlike the formula in C++."""
    centring = np.eye(PICTURES) - 1 / PICTURES
    k, l = centring @ x @ x.T @ centring, centring @ y @ y.T @ centring
    return (k * l).sum() / np.sqrt((k * k).sum() * (l * l).sum())


def mean_cosine(x, y):
    norms = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    return ((x * y).sum(axis=1) / norms).mean()


def main():
    x = hashed.normal("analyze.x", (PICTURES, 12), 1.0).astype(np.float64)
    noise = hashed.normal("analyze.y", (PICTURES, 12), 1.0).astype(np.float64)
    y = np.concatenate([x[:, :4] * 2 + 1, noise[:, :5]], axis=1)
    out = {
        "rank": [effective_rank(x), effective_rank(y)],
        "cka": [linear_cka(x, x), linear_cka(x, y), linear_cka(x, noise)],
        "cosine": [mean_cosine(x, noise), mean_cosine(x, x + noise)],
    }
    for head in range(HEADS):
        out[f"query_key.{head}"], out[f"value_proj.{head}"] = attention(head)
    fc1 = parameter("blocks.1.mlp.fc1.weight", (4 * WIDTH, WIDTH))
    out["fc1"] = [fc1.mean(), fc1.std(), fc1.min(), fc1.max(),
                  np.linalg.norm(fc1), effective_rank(fc1)]
    out = {name: np.ascontiguousarray(value, np.float64)
           for name, value in out.items()}
    versions = {"numpy": np.__version__}
    safetensors.numpy.save_file(out, PATH, {"versions": json.dumps(versions)})
    print(PATH.name, PATH.stat().st_size)


if __name__ == "__main__":
    main()
