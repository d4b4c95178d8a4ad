"""Makes tests/golden/train/distill.safetensors: losses and gradients of small
timm models distilled with torch, each for one mixed batch.

    python scripts/golden/distill.py

Images, labels, mixing and weights are those of train.py; the teacher gets the
images normalised with mean and std 0.5 and resized.
tests/train/distill_test.cpp has the same cases.
"""

import json

import safetensors.numpy
import timm.layers
import torch
import torch.nn.functional as F
from timm.loss import SoftTargetCrossEntropy

import hashed
import timm_build
import train

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)

VIT = train.MODELS["vit"]
CONVNEXT = train.MODELS["convnext"]
TEACHERS = {
    "vit": VIT | dict(img_size=48, embed_dim=48),
    "convnext": CONVNEXT | dict(img_size=96, dims=[12, 16, 24, 40]),
}
DISTILLED = VIT | dict(dist_token=True)

CASES = {
    "vit-logit": (VIT, "vit", "logit", 1.0, 1.0),
    "vit-logit-hot": (VIT, "convnext", "logit", 0.5, 3.0),
    "vit-feature": (VIT, "vit", "feature", 2.0, 1.0),
    "vit-hard": (VIT, "vit", "hard", 0.5, 1.0),
    "distilled-hard": (DISTILLED, "vit", "hard", 0.25, 1.0),
    "distilled-logit": (DISTILLED, "vit", "logit", 1.0, 1.0),
    "convnext-logit": (CONVNEXT, "convnext", "logit", 1.0, 2.0),
    "convnext-feature": (CONVNEXT, "vit", "feature", 1.0, 1.0),
}


def with_feature(model, config):
    """Calls a model; returns its output and the input of its last norm."""
    norm = model.norm if config["family"] == "vit" else model.head.norm
    seen = []
    hook = norm.register_forward_pre_hook(lambda _, x: seen.append(x[0]))

    def call(images):
        seen.clear()
        answer = model(images)
        x = seen[0]
        return answer, x[:, 0] if x.ndim == 3 else x.flatten(1)

    return call, hook


def seen_by_teacher(images, size):
    images = (images * STD + MEAN - 0.5) / 0.5
    return F.interpolate(images, (size, size), mode="bicubic", antialias=True,
                         align_corners=False)


def named_mlp(width, teacher_width):
    mlp = timm.layers.Mlp(width, teacher_width, teacher_width)
    with torch.no_grad():
        for name, p in mlp.named_parameters():
            p.copy_(torch.from_numpy(
                hashed.parameter(f"distill.{name}", tuple(p.shape))))
    return mlp


def taught(method, answers, feature, answer, mlp, temperature):
    if method == "feature":
        return F.l1_loss(mlp(feature), answer)
    logits = answers[1] if isinstance(answers, tuple) else answers
    if method == "hard":
        return F.cross_entropy(logits, answer.argmax(1))
    log_p = [F.log_softmax(x / temperature, 1) for x in (logits, answer)]
    return temperature**2 * F.kl_div(*log_p, reduction="batchmean",
                                     log_target=True)


def distil(config, teacher_config, method, alpha, temperature):
    student = timm_build.build(config)
    teacher = timm_build.build(teacher_config).eval()
    train.fill(student)
    train.fill(teacher)
    student.train()
    if config.get("dist_token"):
        student.set_distilled_training(True)
    train.GivenMixup.step = 0
    mixup = train.GivenMixup(label_smoothing=train.SMOOTHING,
                             num_classes=config["num_classes"])
    images, targets = mixup(*train.pictures(config, 0))

    call, hook = with_feature(teacher, teacher_config)
    with torch.no_grad():
        logits, feature = call(
            seen_by_teacher(images, teacher_config["img_size"]))
    hook.remove()
    answer = feature if method == "feature" else logits
    call, hook = with_feature(student, config)
    answers, feature = call(images)
    hook.remove()
    mlp = named_mlp(feature.shape[1], answer.shape[1])
    by_teacher = alpha * taught(method, answers, feature, answer, mlp,
                                temperature)
    by_class = SoftTargetCrossEntropy()(
        answers[0] if isinstance(answers, tuple) else answers, targets)
    share = 1 - alpha if method == "hard" else 1
    total = share * by_class + by_teacher
    total.backward()
    out = {"answer": answer, "losses": torch.stack([total, by_teacher])}
    names = list(student.named_parameters())
    if method == "feature":
        names += [(f"distill.{n}", p) for n, p in mlp.named_parameters()]
    for name, p in names:
        gradient = torch.zeros_like(p) if p.grad is None else p.grad
        out[f"gradient.{name}"] = train.digest(name, gradient)[:4]
    return out


def main():
    tensors = {}
    for name, (config, teacher, *options) in CASES.items():
        out = distil(config, TEACHERS[teacher], *options)
        print(name, out["losses"].tolist())
        tensors |= {f"{name}.{key}": value.detach().float().contiguous().numpy()
                    for key, value in out.items()}
    path = train.FOLDER / "distill.safetensors"
    safetensors.numpy.save_file(
        tensors, path, {"versions": json.dumps(timm_build.versions())})
    print(path.name, path.stat().st_size)


if __name__ == "__main__":
    main()
