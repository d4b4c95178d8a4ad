#!/usr/bin/env python3
"""The models that timm publishes, as the tables of the room `pretrained`.

    scripts/published_models.py      # writes src/pretrained/published_*.inc

Builds every architecture with published weights in MODULES, without weights,
and reads what it is from its modules: its config, in the keys that
wsel::model::ToJson writes (also keys that a version does not read, which cannot
express the model then), and its forms in words, for messages. timm builds the
same tensors from each config. Of each tag its images and classes.
Run it again for another timm.

Needs timm.
"""

import json
import pathlib
import sys

import timm
import torch
from timm.models.convnext import ConvNeXt
from timm.models.eva import Eva
from timm.models.vision_transformer import VisionTransformer
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parent / "golden"))
import timm_build  # noqa: E402

FOLDER = pathlib.Path(__file__).parents[1] / "src" / "pretrained"
CLASSES = [VisionTransformer, Eva, ConvNeXt]
MODULES = ["vision_transformer", "deit", "convnext", "eva"]

ACTIVATIONS = {"GELU": "gelu", "QuickGELU": "quick_gelu",
               "GELUTanh": "gelu_tanh", "ReLU": "relu", "SiLU": "silu"}
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


def activation(block):
    mlp = getattr(block, "mlp", None)
    act = getattr(mlp, "act", None) or getattr(block, "mlp_act", None)
    return ACTIVATIONS[kind(act or nn.GELU())]


def norm_eps(norm_modules):
    """The eps of all of them: the models of one architecture have only one."""
    found = {m.eps for m in norm_modules if hasattr(m, "eps")}
    assert len(found) == 1, found
    return found.pop()


def attention_forms(attn):
    forms = []
    if "Diff" in kind(attn) or hasattr(attn, "lambda_q1"):
        forms.append("differential attention")
    if is_set(attn, "q_norm"):
        forms.append("normalised queries and keys")
    if is_set(attn, "norm"):
        forms.append("normalised attention")
    if getattr(attn, "q_bias", None) is not None:
        forms.append("biases of only q and v")
    if is_set(attn, "q_proj"):
        forms.append("separate layers for q, k and v")
    return forms


def block_forms(block):
    forms = attention_forms(attention_of(block))
    mlp = getattr(block, "mlp", None)
    if "Post" in kind(block):
        forms.append("post-norm blocks")
    if "Parallel" in kind(block):
        forms.append("attention and MLP in parallel")
    if "Swi" in kind(mlp) or "Glu" in kind(mlp):
        forms.append("SwiGLU")
    if is_set(mlp, "norm"):
        forms.append("a normalised MLP")
    if mlp is not None and getattr(mlp.fc2, "bias", None) is None:
        forms.append("layers without biases")
    if kind(getattr(block, "norm1", None)) in ("RmsNorm", "RmsNormFp32"):
        forms.append("RMSNorm")
    return forms


def attention_of(block):
    return block if "Parallel" in kind(block) else block.attn


def vit_forms(model):
    """What of a ViT is not in every one, each as the end of 'it has ...'."""
    forms = block_forms(model.blocks[0])
    if is_set(model, "rope"):
        forms.append("rotary positions")
    if is_set(model, "attn_pool"):
        forms.append("attention pooling")
    if not is_set(model, "norm") and not is_set(model, "fc_norm"):
        forms.append("no final norm")
    if is_set(model.patch_embed, "norm"):
        forms.append("a normalised patch embedding")
    if kind(model.patch_embed) == "HybridEmbed":
        forms.append("a convolutional stem")
    elif (model.patch_embed.proj.bias is None) != is_set(model, "norm_pre"):
        forms.append("a patch embedding without bias")
    forms += inexpressible(model).values()
    return forms + activation_forms(model.blocks[0])


def inexpressible(model):
    """What no config here has, by keys that none has."""
    block = model.blocks[0]
    found = {}
    attentions = [b.attn for b in model.blocks if hasattr(b, "attn")]
    if any(getattr(a, "num_kv_heads", a.num_heads) != a.num_heads
           for a in attentions):
        found["grouped_queries"] = "grouped-query attention"
    if is_set(block, "gamma_1") and not is_set(block, "gamma_2"):
        found["attn_only_layer_scale"] = "layer scale of only attention"
    if is_set(getattr(block, "attn", None), "k_proj") \
            and block.attn.k_proj.bias is not None:
        found["k_bias"] = "a bias of the keys"
    return found


def activation_forms(block):
    glu = hasattr(getattr(block, "mlp", None), "fc1_g") or \
        kind(getattr(block, "mlp", None)) == "GluMlp"
    words = {"gelu_tanh": "GELU approximated by tanh", "silu": "SiLU"}
    return [words[activation(block)]] \
        if activation(block) in words and not glu else []


# Forms that no tensor's name or shape shows, beside the activation.
# Or that no config has.
HIDDEN = {"rotary positions", "post-norm blocks", "grouped-query attention",
          "layer scale of only attention", "a bias of the keys"}


def pooling(model):
    if is_set(model, "attn_pool"):
        return "map"
    if model.global_pool != "avg":
        return "token"
    return "avg" if is_set(model, "fc_norm") else "normed-avg"


def rope(model):
    """timm's arguments of the rotary positions."""
    module = model.rope
    kinds = {"RotaryEmbeddingCat": "axial", "RotaryEmbeddingMixed": "mixed",
             "RotaryEmbeddingDinoV3": "dinov3"}
    reference = getattr(module, "ref_feat_shape", None)
    return {
        "rope": kinds[kind(module)],
        "rope_temperature": float(module.temperature),
        "rope_grid_offset": float(getattr(module, "grid_offset", 0)),
        "rope_xy": getattr(module, "grid_indexing", "ij") == "xy",
        "rope_ref_grid": reference[0] if reference else 0,
        "rope_rotate_half": bool(getattr(module, "rotate_half", False)),
    }


def attention_config(block):
    attn = attention_of(block)
    if is_set(attn, "q_proj"):
        qkv, bias = "separate", attn.q_proj.bias is not None
    elif getattr(attn, "q_bias", None) is not None:
        qkv, bias = "qv-bias", True
    else:
        qkv = "fused"
        # Parallel blocks have a buffer `qkv_bias` where there is none.
        layer = block.in_proj if "Parallel" in kind(block) else attn.qkv
        bias = layer.bias is not None
    return {"num_heads": attn.num_heads, "qkv_bias": bias, "qkv": qkv,
            "qk_norm": is_set(attn, "q_norm"),
            "diff_attn": "differential attention" in attention_forms(attn),
            "scale_attn_norm": is_set(attn, "norm")}


def mlp_config(block, width):
    mlp = getattr(block, "mlp", None)
    if mlp is None:  # in parallel
        return {"mlp_ratio": block.in_split[0] / width}
    form, hidden = "mlp", mlp.fc2.in_features
    if "Swi" in kind(mlp) or "Glu" in kind(mlp):
        form = "swiglu" if hasattr(mlp, "fc1_g") else "swiglu-packed"
    return {"mlp_ratio": hidden / width, "mlp": form,
            "scale_mlp_norm": is_set(mlp, "norm"),
            "proj_bias": mlp.fc2.bias is not None}


def form_of(block):
    if "Post" in kind(block):
        return "post-norm"
    return "parallel" if "Parallel" in kind(block) else "pre-norm"


def vit_config(model):
    block, patch = model.blocks[0], model.patch_embed.patch_size[0]
    width = model.embed_dim
    registers = getattr(model, "reg_token", None)
    activated = activation(block)
    attention = attention_config(block)
    rotary = rope(model) if is_set(model, "rope") else {}
    config = {
        "family": "vit",
        "img_size": image_size(model, patch),
        "patch_size": patch,
        "embed_dim": width,
        "depth": len(model.blocks),
        **mlp_config(block, width),
        **attention,
        "pooling": pooling(model),
        # timm's Eva has GELU, or SwiGLU.
        "activation": "gelu" if timm_build.is_eva(rotary | attention)
        else activated,
        "class_token": model.cls_token is not None,
        "dist_token": getattr(model, "dist_token", None) is not None,
        "reg_tokens": 0 if registers is None else registers.shape[1],
        "no_embed_class": model.pos_embed is not None and
        bool(model.no_embed_class),
        "pre_norm": is_set(model, "norm_pre"),
        "layer_scale": float(model.arguments.get("init_values") or 0),
        "norm_eps": vit_eps(model),
        "norm": "rmsnorm" if "RMSNorm" in vit_forms(model) else "layernorm",
        "final_norm": is_set(model, "norm") or is_set(model, "fc_norm"),
        "embed_norm": is_set(model.patch_embed, "norm"),
        "block": form_of(block),
        "pos_embed": model.pos_embed is not None,
    }
    if is_set(model, "attn_pool"):
        config |= attention_pool(model)
    return without_defaults(
        config | rotary | {key: True for key in inexpressible(model)},
        VIT_DEFAULTS)


def image_size(model, patch):
    """A side, or height and width of images that are not square."""
    height, width = (side // patch * patch
                     for side in model.patch_embed.img_size)
    return height if height == width else [height, width]


def vit_eps(model):
    block = model.blocks[0]
    names = ["norm1", "norm2", "in_norm"]
    found = [getattr(block, name) for name in names if hasattr(block, name)]
    return norm_eps(found + [getattr(model, name, None) for name in
                             ("norm", "fc_norm", "norm_pre")])


def attention_pool(model):
    pool, block = model.attn_pool, model.blocks[0]
    own = mlp_config(block, model.embed_dim)["mlp_ratio"]
    ratio = pool.mlp.fc1.out_features / model.embed_dim
    return {
        "attn_pool_heads": 0 if pool.num_heads == attention_of(block).num_heads
        else pool.num_heads,
        "attn_pool_mlp_ratio": 0 if ratio == own else ratio,
        "pool_include_prefix": bool(getattr(model, "pool_include_prefix", True)),
    }


VIT_DEFAULTS = {
    "img_size": 224, "patch_size": 16, "mlp_ratio": 4, "pooling": "token",
    "activation": "gelu", "qkv_bias": True, "class_token": True,
    "dist_token": False, "reg_tokens": 0, "no_embed_class": False,
    "pre_norm": False, "layer_scale": 0, "norm_eps": 1e-6,
    "norm": "layernorm", "final_norm": True, "embed_norm": False,
    "block": "pre-norm", "qkv": "fused", "qk_norm": False, "diff_attn": False,
    "scale_attn_norm": False, "proj_bias": True, "mlp": "mlp",
    "scale_mlp_norm": False, "attn_pool_heads": 0, "attn_pool_mlp_ratio": 0,
    "pool_include_prefix": False, "pos_embed": True, "rope_temperature": 10000,
    "rope_grid_offset": 0, "rope_xy": False, "rope_ref_grid": 0,
    "rope_rotate_half": False}


def convnext_norm(model):
    name = kind(model.stages[0].blocks[0].norm)
    if "SimpleNorm" in name:
        return "simplenorm"
    return "rmsnorm" if "RmsNorm" in name else "layernorm"


def convnext_forms(model):
    forms = []
    block = model.stages[0].blocks[0]
    if len(model.stem) > 2:
        forms.append("an overlapping stem")
    if kernel_sizes(model) != [7] * 4:
        forms.append("depthwise kernels of other sizes than 7")
    if head_hidden(model):
        forms.append("a hidden layer in the head")
    forms += activation_forms(block)
    if convnext_norm(model) != "layernorm":
        forms.append("RMSNorm")
    return forms


def kernel_sizes(model):
    return [stage.blocks[0].conv_dw.kernel_size[0] for stage in model.stages]


def head_hidden(model):
    fc = getattr(getattr(model.head, "pre_logits", None), "fc", None)
    return fc.out_features if fc is not None else 0


def convnext_config(model):
    blocks = [stage.blocks for stage in model.stages]
    v2 = is_set(blocks[0][0].mlp, "grn")
    arguments = model.arguments
    stem = arguments.get("stem_type", "patch")
    config = {
        "family": "convnextv2" if v2 else "convnext",
        "patch_size": model.stem[0].kernel_size[0] if stem == "patch" else 4,
        "dims": [b[0].conv_dw.out_channels for b in blocks],
        "depths": [len(b) for b in blocks],
        "conv_mlp": kind(blocks[0][0].mlp.fc1) == "Conv2d",
        "head_norm_first": is_set(model, "norm_pre"),
        "layer_scale": float(arguments.get("ls_init_value", 1e-6) or 0),
        "norm_eps": norm_eps([blocks[0][0].norm]),
        "stem_type": stem,
        "norm_layer": convnext_norm(model),
        "activation": activation(blocks[0][0]),
        "kernel_sizes": kernel_sizes(model),
        "head_hidden_size": head_hidden(model),
    }
    if v2:
        del config["layer_scale"]
    return without_defaults(config, {
        "patch_size": 4, "conv_mlp": False, "head_norm_first": False,
        "layer_scale": 1e-6, "norm_eps": 1e-6, "stem_type": "patch",
        "norm_layer": "layernorm", "activation": "gelu",
        "kernel_sizes": [7, 7, 7, 7], "head_hidden_size": 0})


def without_defaults(config, defaults):
    return {k: v for k, v in config.items()
            if k not in defaults or v != defaults[k]}


def shapes(model):
    return {k: tuple(v.shape) for k, v in model.state_dict().items()}


def check(name, config, model):
    """timm builds the same tensors from the config."""
    filled = {**config, "num_classes": 7}
    if config["family"] == "vit":
        filled = {"img_size": 224, "patch_size": 16, **filled}
    model.reset_classifier(7)
    with torch.device("meta"):
        built = timm_build.build(filled)
    assert shapes(built) == shapes(model), name


def build(name):
    """The model, with the arguments of its constructor."""
    arguments = {}

    def record(init):
        def wrapper(self, *args, **kwargs):
            arguments.update(kwargs)
            init(self, *args, **kwargs)
        return wrapper

    originals = {c: c.__init__ for c in CLASSES}
    for c, init in originals.items():
        c.__init__ = record(init)
    try:
        with torch.device("meta"):
            model = timm.create_model(name)
    finally:
        for c, init in originals.items():
            c.__init__ = init
    model.arguments = arguments
    return model


def quoted(forms):
    return f'"{", ".join(forms)}"'


def model_row(name):
    """The row of an architecture: its size, config, forms and hidden forms."""
    model = build(name)
    if hasattr(model, "stages"):
        forms, config = convnext_forms(model), convnext_config(model)
        depth = sum(len(stage.blocks) for stage in model.stages)
        heads = 0
    else:
        forms, config = vit_forms(model), vit_config(model)
        depth, heads = len(model.blocks), config["num_heads"]
    if hasattr(model, "stages") or not inexpressible(model):
        check(name, config, model)
    text = json.dumps(config, separators=(",", ":"))
    hidden = [form for form in forms if form in HIDDEN]
    return (f'{{"{name}", {model.num_features}, {depth}, {heads}, '
            f'{config.get("norm_eps", 1e-6):g}, '
            f'"{config.get("activation", "gelu")}", R"({text})", '
            f'{quoted(forms)}, {quoted(hidden)}}},')


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
