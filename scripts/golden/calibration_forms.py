"""Makes tests/golden/calibrate/forms.safetensors: students by activation and
regression of a ViT with RMSNorm and SwiGLU and of a ConvNeXt, from the
definitions in NumPy, and Taylor scores by PyTorch's autograd.

    python scripts/golden/calibration_forms.py

As scripts/golden/calibration.py: hashed inputs, float64, all rows at once;
tests/calibrate/forms_golden_test.cpp uses the same.
"""

import json
import math

import numpy as np
import safetensors.numpy
import torch
import torch.nn.functional as F

import calibration as base
import hashed

PATH = base.PATH.with_name("forms.safetensors")
WIDTH, HIDDEN = base.WIDTH, 48
# Of the ConvNeXts: widths of teacher and student.
WIDE, NARROW = (8, 12, 16, 20), (6, 8, 12, 12)
DEPTHS = (1, 1, 2, 1)


def hashed_weights(shapes):
    return {name: hashed.parameter(name, shape).astype(np.float64)
            for name, shape in shapes.items()}


# A ViT with RMSNorm and SwiGLU.


class SwiGlu(base.Model):
    def norm(self, name, x):
        root = np.sqrt((x * x).mean(-1, keepdims=True) + base.EPS)
        return x / root * self.w[name + ".weight"]

    def inner(self, b, x):
        y = self.norm(f"blocks.{b}.norm2", x)
        return np.concatenate([self.layer(f"blocks.{b}.mlp.fc1_g", y),
                               self.layer(f"blocks.{b}.mlp.fc1_x", y)], -1)

    def hidden(self, b, x):
        gate, value = np.split(self.inner(b, x), 2, -1)
        return gate / (1 + np.exp(-gate)) * value

    def mlp(self, b, x):
        return x + self.layer(f"blocks.{b}.mlp.fc2", self.hidden(b, x))


def swiglu_parameters():
    shapes = {name: value.shape for name, value in base.parameters().items()
              if not (name.startswith("norm") or ".norm" in name or ".mlp." in name)}
    shapes["norm.weight"] = (WIDTH,)
    for b in range(base.DEPTH):
        n = f"blocks.{b}."
        shapes[n + "norm1.weight"] = shapes[n + "norm2.weight"] = (WIDTH,)
        for name, shape in {"fc1_g": (HIDDEN, WIDTH), "fc1_x": (HIDDEN, WIDTH),
                            "fc2": (WIDTH, HIDDEN)}.items():
            shapes[f"{n}mlp.{name}.weight"] = shape
            shapes[f"{n}mlp.{name}.bias"] = shape[:1]
    return hashed_weights(shapes)


def energy_shares(x):
    y = base.rows(x)
    return base.share((y * y / (y * y).sum(1, keepdims=True)).sum(0))


def column_norms(w):
    return (w.reshape(len(w), w.shape[1], -1) ** 2).sum((0, 2))


def swiglu_taken(teacher, images, width, hidden):
    x, energy, taken = base.embed(teacher.w, images), 0, {}
    for b in range(base.DEPTH):
        n = f"blocks.{b}."
        q, k, _ = np.split(base.rows(teacher.qkv(b, x)), 3, 1)
        o = base.rows(teacher.mixed(b, x))
        energy = energy + energy_shares(x)
        x = teacher.attend(b, x)
        energy = energy + energy_shares(x)
        a = base.rows(teacher.hidden(b, x))
        x = teacher.mlp(b, x)
        logits = base.share(np.sqrt((q * q).sum(0) * (k * k).sum(0)))
        outputs = (o * o).sum(0) * column_norms(teacher.w[n + "attn.proj.weight"])
        taken[n + "attn"] = base.largest(logits + base.share(outputs), width)
        taken[n + "mlp"] = base.largest(
            (a * a).sum(0) * column_norms(teacher.w[n + "mlp.fc2.weight"]), hidden)
    taken["width"] = base.largest(energy + energy_shares(x[:, :1]), width)
    return taken


def swiglu_select(w, taken):
    renamed = {name.replace(".fc1_g.", ".fc1.g."): value for name, value in w.items()}
    renamed = {name.replace(".fc1_x.", ".fc1.x."): value
               for name, value in renamed.items()}
    return {name.replace(".fc1.g.", ".fc1_g.").replace(".fc1.x.", ".fc1_x."): value
            for name, value in base.select(renamed, taken).items()}


def swiglu_regression(teacher, images, taken, heads):
    w = swiglu_select(teacher.w, taken)
    student, r = SwiGlu(w, heads), taken["width"]

    def fit(name, x, y, around):
        w[name + ".weight"], w[name + ".bias"] = base.ridge(x, y, around)

    x, s = base.embed(teacher.w, images), base.embed(w, images)
    for b in range(base.DEPTH):
        n, i, m = f"blocks.{b}.", taken[f"blocks.{b}.attn"], taken[f"blocks.{b}.mlp"]
        i3 = np.concatenate([i, i + WIDTH, i + 2 * WIDTH])
        after = teacher.attend(b, x)
        fit(n + "attn.qkv", student.norm(n + "norm1", s), teacher.qkv(b, x)[..., i3],
            w[n + "attn.qkv.weight"])
        fit(n + "attn.proj", student.mixed(b, s), after[..., r] - s,
            w[n + "attn.proj.weight"])
        x, s = after, student.attend(b, s)
        after, normed = teacher.mlp(b, x), student.norm(n + "norm2", s)
        halves = np.split(teacher.inner(b, x), 2, -1)
        for name, half in zip(("mlp.fc1_g", "mlp.fc1_x"), halves):
            fit(n + name, normed, half[..., m], w[n + name + ".weight"])
        fit(n + "mlp.fc2", student.hidden(b, s), after[..., r] - s,
            w[n + "mlp.fc2.weight"])
        x, s = after, student.mlp(b, s)
    fit("head", student.features(s), teacher.layer("head", teacher.features(x)),
        w["head.weight"])
    return w


# A ConvNeXt: [images, rows, columns, channels].


def convnext_parameters():
    shapes = {"stem.0.weight": (WIDE[0], 3, 1, 1), "stem.0.bias": (WIDE[0],),
              "stem.1.weight": (WIDE[0],), "stem.1.bias": (WIDE[0],),
              "head.norm.weight": (WIDE[3],), "head.norm.bias": (WIDE[3],),
              "head.fc.weight": (base.CLASSES, WIDE[3]),
              "head.fc.bias": (base.CLASSES,)}
    for stage, d in enumerate(WIDE):
        n = f"stages.{stage}."
        if stage > 0:
            before = WIDE[stage - 1]
            shapes[n + "downsample.0.weight"] = shapes[n + "downsample.0.bias"] = (before,)
            shapes[n + "downsample.1.weight"] = (d, before, 2, 2)
            shapes[n + "downsample.1.bias"] = (d,)
        for b in range(DEPTHS[stage]):
            m = f"{n}blocks.{b}."
            shapes[m + "gamma"] = (d,)
            shapes[m + "conv_dw.weight"], shapes[m + "conv_dw.bias"] = (d, 1, 7, 7), (d,)
            shapes[m + "norm.weight"] = shapes[m + "norm.bias"] = (d,)
            shapes[m + "mlp.fc1.weight"] = (4 * d, d)
            shapes[m + "mlp.fc1.bias"] = (4 * d,)
            shapes[m + "mlp.fc2.weight"], shapes[m + "mlp.fc2.bias"] = (d, 4 * d), (d,)
    return hashed_weights(shapes)


def patches(x):
    """[n, h, w, c] -> [n, h/2, w/2, 4c], ordered as a kernel [out, c, 2, 2]."""
    n, h, w, c = x.shape
    x = x.reshape(n, h // 2, 2, w // 2, 2, c).transpose(0, 1, 3, 5, 2, 4)
    return x.reshape(n, h // 2, w // 2, 4 * c)


class ConvNext:
    def __init__(self, weights):
        self.w = weights

    def layer(self, name, x):
        w = self.w[name + ".weight"]
        return x @ w.reshape(len(w), -1).T + self.w[name + ".bias"]

    def norm(self, name, x):
        return base.norm(x, self.w[name + ".weight"], self.w[name + ".bias"])

    def stem(self, images):
        return self.norm("stem.1", self.layer("stem.0", images))

    def downsampled(self, stage, x):
        """What the convolution reads."""
        return patches(self.norm(f"stages.{stage}.downsample.0", x))

    def downsample(self, stage, x):
        return self.layer(f"stages.{stage}.downsample.1", self.downsampled(stage, x))

    def normed(self, name, x):
        kernel = self.w[name + "conv_dw.weight"]
        h, w = x.shape[1:3]
        wide = np.pad(x, ((0, 0), (3, 3), (3, 3), (0, 0)))
        y = sum(wide[:, i:i + h, j:j + w] * kernel[:, 0, i, j]
                for i in range(7) for j in range(7))
        return self.norm(name + "norm", y + self.w[name + "conv_dw.bias"])

    def hidden(self, name, x):
        return base.gelu(self.layer(name + "mlp.fc1", self.normed(name, x)))

    def block(self, name, x):
        return x + self.w[name + "gamma"] * self.layer(name + "mlp.fc2",
                                                       self.hidden(name, x))

    def features(self, x):
        return self.norm("head.norm", x.mean((1, 2)))

    def logits(self, images):
        x = self.stem(images)
        for stage in range(4):
            x = x if stage == 0 else self.downsample(stage, x)
            for name in block_names(stage):
                x = self.block(name, x)
        return self.layer("head.fc", self.features(x))


def block_names(stage):
    return [f"stages.{stage}.blocks.{b}." for b in range(DEPTHS[stage])]


def energy(x):
    return (base.rows(x) ** 2).sum(0)


def convnext_taken(teacher, images):
    x, widths, taken = teacher.stem(images), [0] * 4, {}
    for stage in range(4):
        if stage > 0:
            n = f"stages.{stage}.downsample."
            widths[stage - 1] = widths[stage - 1] + base.share(
                energy(teacher.norm(n + "0", x)) * column_norms(teacher.w[n + "1.weight"]))
            x = teacher.downsample(stage, x)
        for name in block_names(stage):
            fc1, fc2 = teacher.w[name + "mlp.fc1.weight"], teacher.w[name + "mlp.fc2.weight"]
            widths[stage] = widths[stage] + base.share(
                energy(teacher.normed(name, x)) * column_norms(fc1))
            scaled = fc2 * teacher.w[name + "gamma"][:, None]
            taken[name + "mlp"] = base.largest(
                energy(teacher.hidden(name, x)) * column_norms(scaled), 4 * NARROW[stage])
            x = teacher.block(name, x)
    pooled = x.mean((1, 2))
    widths[3] = widths[3] + energy_shares(pooled - pooled.mean(1, keepdims=True))
    for stage in range(4):
        taken[f"width.{stage}"] = base.largest(widths[stage], NARROW[stage])
    return taken


def convnext_select(w, taken):
    out = {}
    for name, value in w.items():
        stage = int(name.split(".")[1]) if name.startswith("stages") else 0
        r = taken[f"width.{3 if name.startswith('head') else stage}"]
        before = taken[f"width.{max(stage - 1, 0)}"]
        if name == "head.fc.bias":
            out[name] = value
        elif name == "head.fc.weight":
            out[name] = value[:, r]
        elif ".downsample.0." in name:
            out[name] = value[before]
        elif name.endswith("downsample.1.weight"):
            out[name] = value[r][:, before]
        elif ".mlp." in name:
            m = taken[name[:name.index("mlp.")] + "mlp"]
            first, second = (m, r) if ".fc1." in name else (r, m)
            out[name] = value[first][:, second] if value.ndim == 2 else value[first]
        else:
            out[name] = value[r]
    return out


def channel_ridge(x, y, around):
    """A weight and a bias for each channel."""
    x, y = base.rows(x), base.rows(y)
    xc, yc = x - x.mean(0), y - y.mean(0)
    moments, products = (xc * xc).mean(0), (xc * yc).mean(0)
    weight = around + (products - moments * around) / (
        moments + base.RIDGE * moments.mean())
    return weight, y.mean(0) - weight * x.mean(0)


def convnext_regression(teacher, images, taken):
    t, w = teacher.w, convnext_select(teacher.w, taken)
    student = ConvNext(w)

    def fit(name, x, y, around):
        shape = w[name + ".weight"].shape
        weight, w[name + ".bias"] = base.ridge(x, y, around.reshape(len(around), -1))
        w[name + ".weight"] = weight.reshape(shape)

    x = teacher.stem(images)
    w["stem.1.weight"], w["stem.1.bias"] = channel_ridge(
        base.norm(student.layer("stem.0", images)), x[..., taken["width.0"]],
        w["stem.1.weight"])
    s = student.stem(images)
    for stage in range(4):
        r = taken[f"width.{stage}"]
        if stage > 0:
            name = f"stages.{stage}.downsample.1"
            after = teacher.downsample(stage, x)
            fit(name, student.downsampled(stage, s), after[..., r], w[name + ".weight"])
            x, s = after, student.downsample(stage, s)
        for n in block_names(stage):
            m = taken[n + "mlp"]
            fit(n + "mlp.fc1", student.normed(n, s),
                teacher.layer(n + "mlp.fc1", teacher.normed(n, x))[..., m],
                w[n + "mlp.fc1.weight"])
            after = teacher.block(n, x)
            scale = math.sqrt((t[n + "gamma"] ** 2).mean())
            outer = (t[n + "mlp.fc2.weight"] * t[n + "gamma"][:, None])[r][:, m]
            w[n + "gamma"] = np.full(len(r), scale)
            fit(n + "mlp.fc2", student.hidden(n, s), (after[..., r] - s) / scale,
                outer / scale)
            x, s = after, student.block(n, s)
    fit("head.fc", student.features(s), teacher.layer("head.fc", teacher.features(x)),
        w["head.fc.weight"])
    return w


# Taylor scores of calibration.py's teacher.


def torch_logits(w, images):
    side = base.SIDE // base.PATCH
    x = F.conv2d(images, w["patch_embed.proj.weight"], w["patch_embed.proj.bias"],
                 stride=base.PATCH).flatten(2).transpose(1, 2)
    x = torch.cat([w["cls_token"].expand(len(x), 1, -1), x], 1) + w["pos_embed"]
    assert x.shape[1] == side * side + 1

    def layer(name, y):
        return F.linear(y, w[name + ".weight"], w[name + ".bias"])

    def norm(name, y):
        return F.layer_norm(y, (WIDTH,), w[name + ".weight"], w[name + ".bias"], base.EPS)

    for b in range(base.DEPTH):
        n = f"blocks.{b}."
        qkv = layer(n + "attn.qkv", norm(n + "norm1", x))
        q, k, v = qkv.unflatten(-1, (3, base.HEADS, -1)).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v)
        x = x + layer(n + "attn.proj", mixed.transpose(1, 2).flatten(2))
        x = x + layer(n + "mlp.fc2", F.gelu(layer(n + "mlp.fc1", norm(n + "norm2", x))))
    return layer("head", norm("norm", x[:, 0]))


def taylor_scores(pixels):
    w = {name: torch.tensor(value, requires_grad=True)
         for name, value in base.parameters().items()}
    labels = torch.arange(base.IMAGES) % base.CLASSES
    images = torch.tensor(pixels).permute(0, 3, 1, 2)
    loss = F.cross_entropy(torch_logits(w, images), labels, reduction="sum")
    loss.backward()
    out = {}
    for name, value in w.items():
        scores = (value * value.grad).abs().detach()
        for axis in range(scores.ndim):
            others = [a for a in range(scores.ndim) if a != axis]
            out[f"{name}/{axis}"] = (scores.sum(others) if others else scores).numpy()
    return out


def relative_error(logits, of):
    return ((logits - of) ** 2).sum() / ((of - of.mean(0)) ** 2).sum()


def main():
    torch.set_num_threads(1)
    pixels, out = base.images(), {}
    vit = SwiGlu(swiglu_parameters(), base.HEADS)
    taken = swiglu_taken(vit, pixels, 12, 24)
    convnext = ConvNext(convnext_parameters())
    conv_taken = convnext_taken(convnext, pixels)
    made = {
        "swiglu": (vit, taken, {
            "activation": SwiGlu(swiglu_select(vit.w, taken), 3),
            "regression": SwiGlu(swiglu_regression(vit, pixels, taken, 3), 3)}),
        "convnext": (convnext, conv_taken, {
            "activation": ConvNext(convnext_select(convnext.w, conv_taken)),
            "regression": ConvNext(convnext_regression(convnext, pixels, conv_taken))})}
    for name, (teacher, indices, students) in made.items():
        logits = teacher.logits(pixels)
        out[name + ".teacher.logits"] = logits.astype(np.float32)
        out |= {f"{name}.{key}": value for key, value in indices.items()}
        for method, student in students.items():
            out[f"{name}.{method}.logits"] = student.logits(pixels).astype(np.float32)
            print(name, method, "relative error of the logits",
                  relative_error(student.logits(pixels), logits))
    out |= {f"taylor.{key}": value.astype(np.float32)
            for key, value in taylor_scores(pixels).items()}
    out = {key: np.ascontiguousarray(value) for key, value in out.items()}
    versions = {"numpy": np.__version__, "torch": torch.__version__}
    safetensors.numpy.save_file(out, PATH, {k: json.dumps(v) for k, v in versions.items()})


if __name__ == "__main__":
    main()
