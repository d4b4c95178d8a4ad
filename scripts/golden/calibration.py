"""Makes tests/golden/calibrate/numpy.safetensors: students by activation,
regression and projection of a small ViT, and what of it they lack, from the
definitions in NumPy.

    python scripts/golden/calibration.py

All inputs are hashed; tests/calibrate/golden_test.cpp uses the same. Everything
is in float64 and on all rows at once: least squares by stacked equations, no
sums of products. The basis of the student's stream is another one than in C++,
on which no output depends.
"""

import json
import math
import pathlib

import numpy as np
import safetensors.numpy

import hashed

PATH = (pathlib.Path(__file__).parents[2] / "tests" / "golden" / "calibrate" /
        "numpy.safetensors")
IMAGES, SIDE, PATCH, CLASSES, DEPTH = 40, 16, 4, 5, 2
WIDTH, HEADS, HIDDEN = 24, 3, 96
EPS, RIDGE, LEAST = 1e-6, 1e-2, 1e-6
# Of the students: width, heads, hidden channels.
STUDENTS = {"narrow": (12, 3, 48), "heads": (16, 2, 64), "whole": (24, 3, 96)}


def images():
    pixels = hashed.bits("images", IMAGES * SIDE * SIDE * 3) >> np.uint64(56)
    pixels = pixels.astype(np.float64).reshape(IMAGES, SIDE, SIDE, 3)
    return (pixels / 255 - 0.5) / 0.5


def parameters():
    tokens = (SIDE // PATCH) ** 2 + 1
    shapes = {
        "cls_token": (1, 1, WIDTH), "pos_embed": (1, tokens, WIDTH),
        "patch_embed.proj.weight": (WIDTH, 3, PATCH, PATCH),
        "patch_embed.proj.bias": (WIDTH,),
        "norm.weight": (WIDTH,), "norm.bias": (WIDTH,),
        "head.weight": (CLASSES, WIDTH), "head.bias": (CLASSES,)}
    for b in range(DEPTH):
        for name, shape in {
                "norm1": (WIDTH,), "norm2": (WIDTH,),
                "attn.qkv": (3 * WIDTH, WIDTH), "attn.proj": (WIDTH, WIDTH),
                "mlp.fc1": (HIDDEN, WIDTH), "mlp.fc2": (WIDTH, HIDDEN)}.items():
            shapes[f"blocks.{b}.{name}.weight"] = shape
            shapes[f"blocks.{b}.{name}.bias"] = shape[:1]
    return {name: hashed.parameter(name, shape).astype(np.float64)
            for name, shape in shapes.items()}


def norm(x, weight=1.0, bias=0.0):
    y = x - x.mean(-1, keepdims=True)
    return y / np.sqrt((y * y).mean(-1, keepdims=True) + EPS) * weight + bias


def gelu(x):
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def attention(qkv, heads):
    n, t, inner = qkv.shape[0], qkv.shape[1], qkv.shape[2] // 3
    q, k, v = qkv.reshape(n, t, 3, heads, -1).transpose(2, 0, 3, 1, 4)
    logits = q @ k.swapaxes(-1, -2) / math.sqrt(inner // heads)
    p = np.exp(logits - logits.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    return (p @ v).transpose(0, 2, 1, 3).reshape(n, t, inner)


def embed(w, x):
    side = SIDE // PATCH
    patches = x.reshape(IMAGES, side, PATCH, side, PATCH, 3)
    patches = patches.transpose(0, 1, 3, 5, 2, 4).reshape(IMAGES, side * side, -1)
    kernel = w["patch_embed.proj.weight"]
    tokens = patches @ kernel.reshape(len(kernel), -1).T + w["patch_embed.proj.bias"]
    first = np.repeat(w["cls_token"], IMAGES, 0)
    return np.concatenate([first, tokens], 1) + w["pos_embed"]


class Model:
    """A ViT a half block at a time."""

    def __init__(self, weights, heads):
        self.w, self.heads = weights, heads

    def layer(self, name, x):
        return x @ self.w[name + ".weight"].T + self.w[name + ".bias"]

    def norm(self, name, x):
        return norm(x, self.w[name + ".weight"], self.w[name + ".bias"])

    def qkv(self, b, x):
        return self.layer(f"blocks.{b}.attn.qkv", self.norm(f"blocks.{b}.norm1", x))

    def mixed(self, b, x):
        return attention(self.qkv(b, x), self.heads)

    def attend(self, b, x):
        return x + self.layer(f"blocks.{b}.attn.proj", self.mixed(b, x))

    def inner(self, b, x):
        return self.layer(f"blocks.{b}.mlp.fc1", self.norm(f"blocks.{b}.norm2", x))

    def mlp(self, b, x):
        return x + self.layer(f"blocks.{b}.mlp.fc2", gelu(self.inner(b, x)))

    def features(self, x):
        return self.norm("norm", x[:, 0])

    def logits(self, images):
        x = embed(self.w, images)
        for b in range(DEPTH):
            x = self.mlp(b, self.attend(b, x))
        return self.layer("head", self.features(x))


def rows(x):
    return x.reshape(-1, x.shape[-1])


def ridge(x, y, around):
    """min mean |x W' + b - y|^2 + lambda |W - around|^2, by stacked equations."""
    x, y = rows(x), rows(y)
    xc, yc = x - x.mean(0), y - y.mean(0)
    lam = RIDGE * (xc * xc).mean()
    a = np.concatenate([xc / math.sqrt(len(x)), math.sqrt(lam) * np.eye(x.shape[1])])
    t = np.concatenate([yc / math.sqrt(len(x)), math.sqrt(lam) * around.T])
    w = np.linalg.lstsq(a, t, rcond=None)[0].T
    return w, y.mean(0) - w @ x.mean(0)


def largest(scores, count):
    return np.sort(np.argsort(-scores, kind="stable")[:count])


def share(x):
    return x / x.sum()


def streams(teacher, images):
    """The inputs of all layer norms, and of each block what ranks its channels."""
    x, inputs, blocks = embed(teacher.w, images), [], []
    for b in range(DEPTH):
        inputs.append(x)
        q, k, _ = np.split(rows(teacher.qkv(b, x)), 3, 1)
        o, x = rows(teacher.mixed(b, x)), teacher.attend(b, x)
        inputs.append(x)
        a, x = rows(gelu(teacher.inner(b, x))), teacher.mlp(b, x)
        blocks.append((q, k, o, a))
    inputs.append(x)
    return inputs, blocks


def directions(x):
    y = rows(x) - rows(x).mean(1, keepdims=True)
    return y / np.linalg.norm(y, axis=1, keepdims=True)


def activation(teacher, images, width, hidden):
    """Indices: of the width, and of each block's attention channels and MLP."""
    inputs, blocks = streams(teacher, images)
    energy = sum(share((directions(x) ** 2).sum(0)) for x in inputs[:-1])
    energy = energy + share((directions(inputs[-1][:, :1]) ** 2).sum(0))
    taken = {"width": largest(energy, width)}
    for b, (q, k, o, a) in enumerate(blocks):
        proj = (teacher.w[f"blocks.{b}.attn.proj.weight"] ** 2).sum(0)
        fc2 = (teacher.w[f"blocks.{b}.mlp.fc2.weight"] ** 2).sum(0)
        logits = share(np.sqrt((q * q).sum(0) * (k * k).sum(0)))
        taken[f"blocks.{b}.attn"] = largest(
            logits + share((o * o).sum(0) * proj), width)
        taken[f"blocks.{b}.mlp"] = largest((a * a).sum(0) * fc2, hidden)
    return taken


def select(w, taken):
    r = taken["width"]
    out = {}
    for name, value in w.items():
        if name.startswith("blocks."):
            b = name.split(".")[1]
            i, m = taken[f"blocks.{b}.attn"], taken[f"blocks.{b}.mlp"]
            i3 = np.concatenate([i, i + WIDTH, i + 2 * WIDTH])
            first = (i3 if ".qkv." in name else m if ".fc1." in name else r)
            value = value[first]
            if value.ndim == 2:
                value = value[:, i if ".proj." in name else m if ".fc2." in name else r]
        elif name == "head.weight":
            value = value[:, r]
        elif name in ("cls_token", "pos_embed"):
            value = value[..., r]
        elif name != "head.bias":
            value = value[r]
        out[name] = value
    return out


def regression(teacher, images, width, heads, hidden):
    taken = activation(teacher, images, width, hidden)
    w = select(teacher.w, taken)
    student, r = Model(w, heads), taken["width"]

    def fit(name, x, y, around):
        w[name + ".weight"], w[name + ".bias"] = ridge(x, y, around)

    x, s = embed(teacher.w, images), embed(w, images)
    for b in range(DEPTH):
        p, i, m = f"blocks.{b}.", taken[f"blocks.{b}.attn"], taken[f"blocks.{b}.mlp"]
        i3 = np.concatenate([i, i + WIDTH, i + 2 * WIDTH])
        after = teacher.attend(b, x)
        fit(p + "attn.qkv", student.norm(p + "norm1", s), teacher.qkv(b, x)[..., i3],
            w[p + "attn.qkv.weight"])
        fit(p + "attn.proj", student.mixed(b, s), after[..., r] - s,
            w[p + "attn.proj.weight"])
        x, s = after, student.attend(b, s)
        after = teacher.mlp(b, x)
        fit(p + "mlp.fc1", student.norm(p + "norm2", s), teacher.inner(b, x)[..., m],
            w[p + "mlp.fc1.weight"])
        fit(p + "mlp.fc2", gelu(student.inner(b, s)), after[..., r] - s,
            w[p + "mlp.fc2.weight"])
        x, s = after, student.mlp(b, s)
    fit("head", student.features(s), teacher.layer("head", teacher.features(x)),
        w["head.weight"])
    return taken, w


def roots(moments):
    values, vectors = np.linalg.eigh(moments)
    values = np.sqrt(np.maximum(values, LEAST * values.max()))
    return vectors * values @ vectors.T, vectors / values @ vectors.T


def kept_heads(outputs, outer, keep):
    dim = outputs.shape[1] // HEADS
    kept = list(range(HEADS))
    target = (outputs - outputs.mean(0)) @ outer.T
    while len(kept) > keep:
        errors = []
        for h in kept:
            channels = [c for o in kept if o != h for c in range(o * dim, (o + 1) * dim)]
            x = outputs[:, channels]
            w, bias = ridge(x, target, np.zeros((len(outer), len(channels))))
            errors.append(((x @ w.T + bias - target) ** 2).sum())
        kept.pop(int(np.argmin(errors)))
    return kept


def low_rank(q, k, o, outer, rank):
    """Maps of queries, keys and values of a head, and its part of proj."""
    if rank == q.shape[1]:
        return np.eye(rank), np.eye(rank), np.eye(rank), outer
    n = len(q)
    qr, qi = roots(q.T @ q / n)
    kr, ki = roots(k.T @ k / n)
    u, s, v = np.linalg.svd(qr @ kr)
    factor = (rank / q.shape[1]) ** 0.25
    fq = qi @ u[:, :rank] * np.sqrt(s[:rank]) * factor
    fk = ki @ v[:rank].T * np.sqrt(s[:rank]) * factor
    orr, oi = roots(o.T @ o / n)
    u, s, v = np.linalg.svd(orr @ outer.T, full_matrices=False)
    second = v[:rank].T * s[:rank]
    scale = np.linalg.norm(outer) / np.linalg.norm(second)
    return fq, fk, oi @ u[:, :rank] / scale, second * scale


def basis(teacher, images, width):
    inputs, _ = streams(teacher, images)
    moments = sum(directions(x).T @ directions(x) for x in inputs)
    u = np.linalg.eigh(moments)[1][:, ::-1][:, :width - 1]
    random = hashed.normal("basis", (width, width - 1), 1).astype(np.float64)
    b = np.linalg.qr(np.concatenate([np.ones((width, 1)), random], 1))[0][:, 1:]
    return u @ b.T


def projection(teacher, images, width, heads, hidden):
    t, p = teacher.w, basis(teacher, images, width)
    centre = np.eye(WIDTH) - 1 / WIDTH
    encode = centre @ p
    kernel = t["patch_embed.proj.weight"]
    w = {"cls_token": t["cls_token"] @ encode, "pos_embed": t["pos_embed"] @ encode,
         "patch_embed.proj.weight": np.tensordot(encode.T, kernel, 1),
         "patch_embed.proj.bias": encode.T @ t["patch_embed.proj.bias"]}
    student = Model(w, heads)

    def reader(name, layer, x, s):
        y = rows(x) @ centre
        scale = math.sqrt(WIDTH / width * (s ** 2).sum() / (y ** 2).sum())
        w[name + ".weight"], w[name + ".bias"] = np.full(width, scale), np.zeros(width)
        weight = t[layer + ".weight"]
        return (weight * t[name + ".weight"]) @ p, weight @ t[name + ".bias"] + t[layer + ".bias"]

    def fit(name, x, y, around):
        w[name + ".weight"], w[name + ".bias"] = ridge(x, y, around)

    x, s = embed(t, images), embed(w, images)
    dim, rank = WIDTH // HEADS, width // heads
    for b in range(DEPTH):
        n = f"blocks.{b}."
        after = teacher.attend(b, x)
        weight, bias = reader(n + "norm1", n + "attn.qkv", x, s)
        qkv = student.norm(n + "norm1", s) @ weight.T + bias
        mixed = rows(attention(qkv, HEADS))
        outer = encode.T @ t[n + "attn.proj.weight"]
        parts, outers = [[], [], []], []
        for h in kept_heads(mixed, outer, heads):
            c = slice(h * dim, (h + 1) * dim)
            q, k, _ = (part[:, c] for part in np.split(rows(qkv), 3, 1))
            maps = low_rank(q, k, mixed[:, c], outer[:, c], rank)
            for part in range(3):
                r = slice(part * WIDTH + h * dim, part * WIDTH + (h + 1) * dim)
                parts[part].append((maps[part].T @ weight[r], maps[part].T @ bias[r]))
            outers.append(maps[3])
        flat = parts[0] + parts[1] + parts[2]
        w[n + "attn.qkv.weight"] = np.concatenate([f[0] for f in flat])
        w[n + "attn.qkv.bias"] = np.concatenate([f[1] for f in flat])
        fit(n + "attn.proj", student.mixed(b, s), after @ encode - s,
            np.concatenate(outers, 1))
        x, s = after, student.attend(b, s)
        after = teacher.mlp(b, x)
        weight, bias = reader(n + "norm2", n + "mlp.fc1", x, s)
        hid = rows(gelu(student.norm(n + "norm2", s) @ weight.T + bias))
        outer = encode.T @ t[n + "mlp.fc2.weight"]
        kept = largest((hid ** 2).sum(0) * (outer ** 2).sum(0), hidden)
        w[n + "mlp.fc1.weight"], w[n + "mlp.fc1.bias"] = weight[kept], bias[kept]
        fit(n + "mlp.fc2", gelu(student.inner(b, s)), after @ encode - s, outer[:, kept])
        x, s = after, student.mlp(b, s)
    w["head.weight"], w["head.bias"] = reader("norm", "head", x[:, :1], s[:, :1])
    return w


def kept(scores, count):
    return np.sort(scores)[::-1][:count].sum() / scores.sum()


def estimate(teacher, images, width, hidden, rotated):
    """Of a student with all blocks: docs/methods.md, "Budget"."""
    inputs, blocks = streams(teacher, images)
    if rotated:
        moments = sum(directions(x).T @ directions(x) for x in inputs)
        stream = (1 if width == WIDTH else
                  kept(np.linalg.svd(moments, compute_uv=False), width - 1))
    else:
        energy = sum(share((directions(x) ** 2).sum(0)) for x in inputs[:-1])
        stream = kept(energy, width)
    attention, mlp = [], []
    for b, (_, _, o, a) in enumerate(blocks):
        proj = (teacher.w[f"blocks.{b}.attn.proj.weight"] ** 2).sum(0)
        fc2 = (teacher.w[f"blocks.{b}.mlp.fc2.weight"] ** 2).sum(0)
        attention.append(kept((o * o).sum(0) * proj, width))
        mlp.append(kept((a * a).sum(0) * fc2, hidden))
    return np.array(1 - stream * np.mean(attention) * np.mean(mlp))


def last_stream(model, images):
    x = embed(model.w, images)
    for b in range(DEPTH):
        x = model.mlp(b, model.attend(b, x))
    return rows(x)


def lacking(teacher, student, images, encode):
    """The share of the teacher's last stream that a student lacks."""
    x, s = last_stream(teacher, images), last_stream(student, images)
    y = x - x.mean(1, keepdims=True)
    share_kept = ((y @ encode) ** 2).sum() / (y ** 2).sum()
    error = ((s - x @ encode) ** 2).sum() / ((x @ encode) ** 2).sum()
    return np.array(1 - share_kept + share_kept * error)


def drop_costs(teacher, images):
    """The relative change of the features without each block."""
    def features(blocks):
        x = embed(teacher.w, images)
        for b in blocks:
            x = teacher.mlp(b, teacher.attend(b, x))
        return teacher.features(x)
    whole = features(range(DEPTH))
    return np.array([((features([b for b in range(DEPTH) if b != d]) - whole) ** 2).sum()
                     / (whole ** 2).sum() for d in range(DEPTH)])


def main():
    pixels, teacher = images(), Model(parameters(), HEADS)
    logits = teacher.logits(pixels)
    out = {"teacher.logits": logits, "drop_costs": drop_costs(teacher, pixels)}
    for name, (width, heads, hidden) in STUDENTS.items():
        taken, w = regression(teacher, pixels, width, heads, hidden)
        for key, value in taken.items():
            out[f"{name}.{key}"] = value
        rotated = projection(teacher, pixels, width, heads, hidden)
        indices = np.eye(WIDTH)[:, taken["width"]]
        encode = (np.eye(WIDTH) - 1 / WIDTH) @ basis(teacher, pixels, width)
        for method, weights, columns in (
                ("activation", select(teacher.w, taken), indices),
                ("regression", w, indices), ("projection", rotated, encode)):
            student = Model(weights, heads)
            out[f"{name}.{method}.logits"] = student.logits(pixels)
            out[f"{name}.{method}.lacking"] = lacking(teacher, student, pixels, columns)
            out[f"{name}.{method}.estimated"] = estimate(
                teacher, pixels, width, hidden, method == "projection")
            print(name, method, "lacking", out[f"{name}.{method}.lacking"],
                  "estimated", out[f"{name}.{method}.estimated"])
            error = out[f"{name}.{method}.logits"] - logits
            print(name, method, "relative error of the logits",
                  (error ** 2).sum() / ((logits - logits.mean(0)) ** 2).sum())
    a = hashed.normal("moments", (30, 6), 1).astype(np.float64)
    out["root"], out["inverse"] = roots(a.T @ a)
    out = {k: np.ascontiguousarray(v) for k, v in out.items()}
    for name, value in out.items():
        if value.dtype == np.float64 and name.endswith("logits"):
            out[name] = value.astype(np.float32)
    PATH.parent.mkdir(parents=True, exist_ok=True)
    safetensors.numpy.save_file(out, PATH, {"numpy": json.dumps(np.__version__)})


if __name__ == "__main__":
    main()
