#!/usr/bin/env python3
"""The models that timm publishes, as the tables of the room `pretrained`.

    scripts/published_models.py      # writes src/pretrained/published_*.inc

Builds every architecture with published weights in MODULES, without weights,
and reads what it is from its modules: its config, as wsel::model::ToJson writes
it, or the forms that no config here can express. The config is checked: timm
builds the same tensors from it. Of each tag its images and classes. Run it again
for another timm, or once a config can express more (vit_forms, vit_config).

Needs timm.
"""

import json
import pathlib
import sys

import timm
import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parent / "golden"))
import timm_build  # noqa: E402

FOLDER = pathlib.Path(__file__).parents[1] / "src" / "pretrained"
MODULES = ["vision_transformer", "deit", "convnext", "eva"]

ACTIVATIONS = {"GELU": "gelu", "QuickGELU": "quick_gelu"}
STATISTICS = {
    ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)): "kImageNet",
    ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)): "kHalf",
    ((0.48145466, 0.4578275, 0.40821073),
     (0.26862954, 0.26130258, 0.27577711)): "kClip",
    ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)): "kUnit",
    ((0.43, 0.411, 0.296), (0.213, 0.156, 0.143)): "kSatellite",
}


def kind(module):
    return type(module).__name__


def is_set(owner, name):
    module = getattr(owner, name, None)
    return module is not None and not isinstance(module, nn.Identity)


def norms(model):
    return [m for m in model.modules()
            if hasattr(m, "eps") and "Norm" in kind(m)]


def norm_forms(model):
    forms = []
    kinds = {kind(m) for m in norms(model)}
    if any("RmsNorm" in k or "SimpleNorm" in k for k in kinds):
        forms.append("RMSNorm")
    if len({m.eps for m in norms(model)}) > 1:
        forms.append("norms with different eps")
    return forms


def block_forms(block):
    forms = []
    attn, mlp = getattr(block, "attn", None), getattr(block, "mlp", None)
    if "Post" in kind(block):
        forms.append("post-norm blocks")
    if "Parallel" in kind(block):
        forms.append("attention and MLP in parallel")
    if "Diff" in kind(block) or "Diff" in kind(attn):
        forms.append("differential attention")
    if "Swi" in kind(mlp) or "Glu" in kind(mlp):
        forms.append("SwiGLU")
    if is_set(attn, "q_norm"):
        forms.append("normalised queries and keys")
    if is_set(attn, "norm"):
        forms.append("normalised attention")
    if is_set(mlp, "norm"):
        forms.append("a normalised MLP")
    if getattr(attn, "q_bias", None) is not None:
        forms.append("EVA's biases of q and v")
    if is_set(attn, "q_proj"):
        forms.append("separate layers for q, k and v")
    if mlp is not None and getattr(mlp.fc2, "bias", None) is None:
        forms.append("layers without biases")
    return forms


def vit_forms(model):
    """What of a ViT no config can express, each as the end of 'has ...'."""
    forms = block_forms(model.blocks[0])
    if is_set(model, "rope"):
        forms.append("rotary positions")
    if is_set(model, "attn_pool"):
        forms.append("attention pooling")
    if not is_set(model, "norm") and not is_set(model, "fc_norm"):
        forms.append("no final norm")
    if is_set(model.patch_embed, "norm"):
        forms.append("a normalised patch embedding")
    if kind(model.patch_embed.proj) != "Conv2d":
        forms.append("a convolutional patch embedding")
    elif (model.patch_embed.proj.bias is None) != is_set(model, "norm_pre"):
        forms.append("a patch embedding without bias")
    height, width = model.patch_embed.img_size
    if height != width:
        forms.append("images that are not square")
    forms += activation_forms(getattr(model.blocks[0], "mlp", None), ACTIVATIONS)
    forms += norm_forms(model)
    return forms


def activation_forms(mlp, known):
    name = kind(getattr(mlp, "act", nn.GELU()))
    if name in known or name == "SiLU":  # SwiGLU's
        return []
    return ["tanh-approximated GELU" if name == "GELUTanh" else name]


def pooling(model):
    if model.global_pool != "avg":
        return "token"
    return "avg" if is_set(model, "fc_norm") else "normed-avg"


def vit_config(model):
    block, patch = model.blocks[0], model.patch_embed.patch_size[0]
    width = model.embed_dim
    config = {
        "family": "vit",
        "img_size": model.patch_embed.img_size[0] // patch * patch,
        "patch_size": patch,
        "embed_dim": width,
        "depth": len(model.blocks),
        "num_heads": block.attn.num_heads,
        "mlp_ratio": block.mlp.fc1.out_features / width,
        "pooling": pooling(model),
        "activation": ACTIVATIONS[kind(block.mlp.act)],
        "qkv_bias": block.attn.qkv.bias is not None,
        "class_token": model.cls_token is not None,
        "dist_token": getattr(model, "dist_token", None) is not None,
        "reg_tokens": 0 if model.reg_token is None else model.reg_token.shape[1],
        "no_embed_class": bool(model.no_embed_class),
        "pre_norm": is_set(model, "norm_pre"),
        "layer_scale": layer_scale(block),
        "norm_eps": block.norm1.eps,
    }
    return without_defaults(config, {
        "img_size": 224, "patch_size": 16, "mlp_ratio": 4, "pooling": "token",
        "activation": "gelu", "qkv_bias": True, "class_token": True,
        "dist_token": False, "reg_tokens": 0, "no_embed_class": False,
        "pre_norm": False, "layer_scale": 0, "norm_eps": 1e-6})


def layer_scale(block):
    scale = getattr(block, "ls1", None)
    return float(getattr(scale, "init_values", 0) or 0)


def convnext_forms(model):
    forms = []
    block = model.stages[0].blocks[0]
    if kind(model.stem[0]) != "Conv2d" or model.stem[0].stride != \
            model.stem[0].kernel_size:
        forms.append("an overlapping stem")
    if len(model.stem) > 2:
        forms.append("an overlapping stem")
    kernels = {b.conv_dw.kernel_size for s in model.stages for b in s.blocks}
    if kernels != {(7, 7)}:
        forms.append("depthwise kernels of other sizes than 7")
    if is_set(model.head, "pre_logits") and \
            list(model.head.pre_logits.parameters()):
        forms.append("a hidden layer in the head")
    forms += activation_forms(block.mlp, {"GELU"}) + norm_forms(model)
    return list(dict.fromkeys(forms))


def convnext_config(model):
    blocks = [stage.blocks for stage in model.stages]
    v2 = is_set(blocks[0][0].mlp, "grn")
    config = {
        "family": "convnextv2" if v2 else "convnext",
        "patch_size": model.stem[0].kernel_size[0],
        "dims": [b[0].conv_dw.out_channels for b in blocks],
        "depths": [len(b) for b in blocks],
        "conv_mlp": kind(blocks[0][0].mlp.fc1) == "Conv2d",
        "head_norm_first": is_set(model, "norm_pre"),
        "norm_eps": blocks[0][0].norm.eps,
    }
    return without_defaults(config, {
        "patch_size": 4, "conv_mlp": False, "head_norm_first": False,
        "norm_eps": 1e-6})


def without_defaults(config, defaults):
    return {k: v for k, v in config.items()
            if k not in defaults or v != defaults[k]}


def shapes(model):
    return {k: tuple(v.shape) for k, v in model.state_dict().items()}


def check(name, config, model):
    """timm builds the same tensors from the config."""
    filled = {"img_size": 224, "patch_size": 16, **config, "num_classes": 7}
    if config["family"] != "vit":
        filled = {**config, "num_classes": 7}
    model.reset_classifier(7)
    with torch.device("meta"):
        built = timm_build.build(filled)
    assert shapes(built) == shapes(model), name


def build(name):
    with torch.device("meta"):
        return timm.create_model(name)


def model_row(name):
    """The row of an architecture: its config, or what it has, and its size."""
    model = build(name)
    if hasattr(model, "stages"):
        forms, config = convnext_forms(model), convnext_config
        depth = sum(len(stage.blocks) for stage in model.stages)
    else:
        forms, config = vit_forms(model), vit_config
        depth = len(model.blocks)
    text = ""
    if not forms:
        found = config(model)
        check(name, found, model)
        text = json.dumps(found, separators=(",", ":"))
    return (f'{{"{name}", {model.num_features}, {depth}, '
            f'R"({text})", "{", ".join(dict.fromkeys(forms))}"}},')


def tag_row(name):
    cfg = timm.get_pretrained_cfg(name)
    _, height, width = cfg.input_size
    statistics = STATISTICS[tuple(cfg.mean), tuple(cfg.std)]
    return (f'{{"{cfg.architecture}", "{cfg.tag}", {{{height}, {width}}}, '
            f'{statistics}, {cfg.crop_pct:g}, "{cfg.crop_mode}", '
            f'"{cfg.interpolation}", {cfg.num_classes}}},')


def write(name, rows):
    lines = [f"// Made by scripts/published_models.py from timm "
             f"{timm.__version__}; not to be edited.",
             "// clang-format off", *rows]
    (FOLDER / name).write_text("\n".join(lines) + "\n")


def main():
    tags = [tag for module in MODULES
            for tag in timm.list_models(module=module, pretrained=True)]
    tags.sort()
    names = sorted({tag.split(".")[0] for tag in tags})
    write("published_models.inc", [model_row(name) for name in names])
    write("published_tags.inc", [tag_row(tag) for tag in tags])
    print(f"{len(names)} architectures, {len(tags)} tags")


if __name__ == "__main__":
    main()
