"""Builds the timm model of a wsel config, for goldens and the parity check.

A config is the JSON that wsel::model::ToJson writes.
"""

import functools

import timm
import timm.layers
from timm.models.convnext import ConvNeXt
from timm.models.deit import VisionTransformerDistilled
from timm.models.vision_transformer import VisionTransformer
from torch import nn

POOLING = {"token": ("token", None), "avg": ("avg", None),
           "normed-avg": ("avg", False)}


def build_vit(config, drop_path):
    global_pool, fc_norm = POOLING[config.get("pooling", "token")]
    arguments = dict(
        img_size=config["img_size"],
        patch_size=config["patch_size"],
        embed_dim=config["embed_dim"],
        depth=config["depth"],
        num_heads=config["num_heads"],
        mlp_ratio=config.get("mlp_ratio", 4),
        num_classes=config["num_classes"],
        global_pool=global_pool,
        fc_norm=fc_norm,
        qkv_bias=config.get("qkv_bias", True),
        class_token=config.get("class_token", True),
        reg_tokens=config.get("reg_tokens", 0),
        no_embed_class=config.get("no_embed_class", False),
        pre_norm=config.get("pre_norm", False),
        init_values=config.get("layer_scale", 0) or None,
        norm_layer=functools.partial(timm.layers.LayerNorm,
                                     eps=config.get("norm_eps", 1e-6)),
        act_layer=config.get("activation", "gelu"),
        drop_path_rate=drop_path,
    )
    if config.get("dist_token", False):
        return VisionTransformerDistilled(**arguments)
    return VisionTransformer(**arguments)


def build_convnext(config, drop_path):
    layer_scale = 1e-6 if config["family"] == "convnext" else 0
    return ConvNeXt(
        num_classes=config["num_classes"],
        depths=tuple(config["depths"]),
        dims=tuple(config["dims"]),
        patch_size=config.get("patch_size", 4),
        conv_mlp=config.get("conv_mlp", False),
        head_norm_first=config.get("head_norm_first", False),
        ls_init_value=config.get("layer_scale", layer_scale) or None,
        head_init_scale=config.get("head_init_scale", 1),
        norm_eps=config.get("norm_eps", 1e-6),
        stem_type=config.get("stem_type", "patch"),
        norm_layer=config.get("norm_layer", "layernorm"),
        act_layer=config.get("activation", "gelu"),
        kernel_sizes=tuple(config.get("kernel_sizes", (7, 7, 7, 7))),
        head_hidden_size=config.get("head_hidden_size", 0) or None,
        drop_path_rate=drop_path,
        use_grn=config["family"] == "convnextv2",
    )


def build(config, drop_path=0.0) -> nn.Module:
    if config["family"] == "vit":
        return build_vit(config, drop_path)
    return build_convnext(config, drop_path)


def versions():
    import numpy
    import torch
    return {"timm": timm.__version__, "torch": torch.__version__,
            "numpy": numpy.__version__}
