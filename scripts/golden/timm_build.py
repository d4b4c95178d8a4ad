"""Builds the timm model of a wsel config, for goldens and the parity check.

A config is the JSON that wsel::model::ToJson writes.
"""

import functools

import timm
import timm.layers
from timm.models.convnext import ConvNeXt
from timm.models.deit import VisionTransformerDistilled
from timm.models.eva import Eva
from timm.models.vision_transformer import (
    Block, DiffParallelScalingBlock, ParallelScalingBlock, ResPostBlock,
    VisionTransformer)
from torch import nn

POOLING = {"token": ("token", None), "avg": ("avg", None),
           "normed-avg": ("avg", False), "map": ("map", None)}
ACTIVATIONS = {"silu": nn.SiLU}
MLPS = {"mlp": timm.layers.Mlp, "swiglu": timm.layers.SwiGLU,
        "swiglu-packed": timm.layers.SwiGLUPacked}


def norm_layer(config):
    norms = {"layernorm": timm.layers.LayerNorm, "rmsnorm": timm.layers.RmsNorm}
    return functools.partial(norms[config.get("norm", "layernorm")],
                             eps=config.get("norm_eps", 1e-6))


def block_of(config):
    form = config.get("block", "pre-norm")
    if form == "parallel":
        return (DiffParallelScalingBlock if config.get("diff_attn", False)
                else ParallelScalingBlock)
    return {"pre-norm": Block, "post-norm": ResPostBlock}[form]


def is_eva(config):
    return (config.get("rope", "none") != "none"
            or config.get("qkv", "fused") != "fused")


def build_eva(config, drop_path):
    """Of rotary positions, or biases of only q and v."""
    global_pool, _ = POOLING[config.get("pooling", "token")]
    average = config.get("pooling", "token") == "avg"
    final = config.get("final_norm", True)
    rope = config.get("rope", "none")
    qkv = config.get("qkv", "fused")
    mlp = config.get("mlp", "mlp")
    # Only attn_type 'rope' has a bias of all three.
    rope_attn = qkv == "fused" and config.get("qkv_bias", True)
    grid = config.get("rope_ref_grid", 0)
    return Eva(
        img_size=config["img_size"], patch_size=config["patch_size"],
        in_chans=config.get("in_chans", 3),
        embed_dim=config["embed_dim"], depth=config["depth"],
        num_heads=config["num_heads"], num_classes=config["num_classes"],
        mlp_ratio=config.get("mlp_ratio", 4), global_pool=global_pool,
        qkv_bias=config.get("qkv_bias", True), qkv_fused=qkv != "separate",
        qk_norm=config.get("qk_norm", False),
        swiglu_mlp=mlp != "mlp",
        swiglu_align_to=1 if mlp == "swiglu" else 0,
        scale_mlp=config.get("scale_mlp_norm", False),
        scale_attn_inner=config.get("scale_attn_norm", False),
        attn_type="rope" if rope_attn else "eva",
        drop_path_rate=drop_path, norm_layer=norm_layer(config),
        init_values=config.get("layer_scale", 0) or None,
        class_token=config.get("class_token", True),
        num_reg_tokens=config.get("reg_tokens", 0),
        no_embed_class=config.get("no_embed_class", False),
        use_abs_pos_emb=config.get("pos_embed", True),
        use_rot_pos_emb=rope != "none",
        rope_type={"axial": "cat", "none": None}.get(rope, rope),
        rope_grid_offset=config.get("rope_grid_offset", 0.0),
        rope_grid_indexing="xy" if config.get("rope_xy", False) else "ij",
        rope_temperature=config.get("rope_temperature", 10000.0),
        rope_rotate_half=config.get("rope_rotate_half", False),
        ref_feat_shape=(grid, grid) if grid else None,
        use_post_norm=config.get("block", "pre-norm") == "post-norm",
        use_pre_transformer_norm=config.get("pre_norm", False),
        use_post_transformer_norm=final and not average,
        use_fc_norm=final and average,
        attn_pool_num_heads=config.get("attn_pool_heads", 0) or None,
        attn_pool_mlp_ratio=config.get("attn_pool_mlp_ratio", 0) or None)


def build_vit(config, drop_path):
    if is_eva(config):
        return build_eva(config, drop_path)
    global_pool, fc_norm = POOLING[config.get("pooling", "token")]
    mlp = config.get("mlp", "mlp")
    # timm counts the rows of a packed SwiGLU, twice the hidden channels.
    packed = 2 if mlp == "swiglu-packed" else 1
    activation = config.get("activation", "gelu")
    arguments = dict(
        img_size=config["img_size"],
        patch_size=config["patch_size"],
        in_chans=config.get("in_chans", 3),
        embed_dim=config["embed_dim"],
        depth=config["depth"],
        num_heads=config["num_heads"],
        mlp_ratio=config.get("mlp_ratio", 4) * packed,
        num_classes=config["num_classes"],
        global_pool=global_pool,
        fc_norm=fc_norm,
        final_norm=config.get("final_norm", True),
        pool_include_prefix=config.get("pool_include_prefix", False),
        pos_embed="learn" if config.get("pos_embed", True) else "none",
        qk_norm=config.get("qk_norm", False),
        scale_attn_norm=config.get("scale_attn_norm", False),
        scale_mlp_norm=config.get("scale_mlp_norm", False),
        proj_bias=config.get("proj_bias", True),
        embed_norm_layer=(norm_layer(config)
                          if config.get("embed_norm", False) else None),
        block_fn=block_of(config),
        mlp_layer=MLPS[mlp],
        attn_layer="diff" if config.get("diff_attn", False) else "attn",
        qkv_bias=config.get("qkv_bias", True),
        class_token=config.get("class_token", True),
        reg_tokens=config.get("reg_tokens", 0),
        no_embed_class=config.get("no_embed_class", False),
        pre_norm=config.get("pre_norm", False),
        init_values=config.get("layer_scale", 0) or None,
        norm_layer=norm_layer(config),
        act_layer=ACTIVATIONS.get(activation, activation),
        drop_path_rate=drop_path,
    )
    if config.get("dist_token", False):
        return VisionTransformerDistilled(**arguments)
    return VisionTransformer(**arguments)


def build_convnext(config, drop_path):
    layer_scale = 1e-6 if config["family"] == "convnext" else 0
    return ConvNeXt(
        in_chans=config.get("in_chans", 3),
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
