#!/usr/bin/env python3
"""Goldens of the room `model`, computed by timm.

    scripts/golden/models.py            # writes tests/golden/model/
    scripts/golden/models.py vit_plain  # only that small model's logits

- variants.json: for each variant a digest of its state_dict (names, dtypes,
  shapes, order), its counts, and its FLOPs by torch.utils.flop_counter.
- init.json: moments of what timm and torch.nn.init draw.
- logits/*.safetensors: logits and all gradients of small models with
  the parameters of hashed.py.
"""

import hashlib
import json
import math
import pathlib
import sys

import numpy as np
import timm
import timm.layers
import torch
from safetensors.numpy import save_file
from torch.utils.flop_counter import FlopCounterMode

import hashed
import timm_build

OUTPUT = pathlib.Path(__file__).parents[2] / "tests" / "golden" / "model"


def vit(width, depth, heads, patch=16, **more):
    return dict(family="vit", img_size=224, patch_size=patch, embed_dim=width,
                depth=depth, num_heads=heads, num_classes=1000, **more)


CLIP = dict(pre_norm=True, norm_eps=1e-5)

# Not registered in timm: the paper's ViT-A and small CLIP students.
OUR_OWN = {
    "vit_a_patch16_224": vit(192, 6, 3),
    "vit_a_patch16_clip_224": vit(192, 6, 3, **CLIP),
    "vit_tiny_patch16_clip_224": vit(192, 12, 3, **CLIP),
    "vit_small_patch16_clip_224": vit(384, 12, 6, **CLIP),
}

TIMM = """
vit_tiny_patch16_224 vit_tiny_patch16_384
vit_small_patch16_224 vit_small_patch16_384 vit_small_patch8_224
vit_small_patch32_224 vit_small_patch32_384
vit_base_patch16_224 vit_base_patch16_384 vit_base_patch8_224
vit_base_patch32_224 vit_base_patch32_384
vit_large_patch16_224 vit_large_patch16_384 vit_large_patch14_224
vit_large_patch32_224 vit_large_patch32_384
vit_medium_patch16_gap_240 vit_medium_patch16_gap_256
vit_medium_patch16_gap_384 vit_base_patch16_gap_224
deit_tiny_patch16_224 deit_tiny_distilled_patch16_224
deit_small_patch16_224 deit_small_distilled_patch16_224
deit_base_patch16_224 deit_base_distilled_patch16_224
deit_base_patch16_384 deit_base_distilled_patch16_384
deit3_small_patch16_224 deit3_small_patch16_384 deit3_medium_patch16_224
deit3_base_patch16_224 deit3_base_patch16_384
deit3_large_patch16_224 deit3_large_patch16_384
vit_small_patch14_dinov2 vit_base_patch14_dinov2 vit_large_patch14_dinov2
vit_small_patch14_reg4_dinov2 vit_base_patch14_reg4_dinov2
vit_large_patch14_reg4_dinov2
vit_xsmall_patch16_clip_224 vit_medium_patch16_clip_224
vit_medium_patch32_clip_224 vit_betwixt_patch32_clip_224
vit_base_patch32_clip_224 vit_base_patch32_clip_256 vit_base_patch32_clip_384
vit_base_patch32_clip_448 vit_base_patch32_clip_quickgelu_224
vit_base_patch16_clip_224 vit_base_patch16_clip_384
vit_base_patch16_clip_quickgelu_224
vit_large_patch14_clip_224 vit_large_patch14_clip_336
vit_large_patch14_clip_quickgelu_224 vit_large_patch14_clip_quickgelu_336
vit_base_patch16_siglip_224 vit_base_patch16_siglip_256
vit_base_patch16_siglip_384 vit_base_patch16_siglip_512
vit_base_patch16_siglip_gap_224 vit_base_patch16_siglip_gap_256
vit_base_patch16_siglip_gap_384 vit_base_patch16_siglip_gap_512
vit_base_patch32_siglip_256 vit_base_patch32_siglip_gap_256
vit_large_patch16_siglip_256 vit_large_patch16_siglip_384
vit_large_patch16_siglip_512 vit_large_patch16_siglip_gap_256
vit_large_patch16_siglip_gap_384 vit_large_patch16_siglip_gap_512
vit_so400m_patch14_siglip_224 vit_so400m_patch14_siglip_378
vit_so400m_patch14_siglip_gap_224 vit_so400m_patch14_siglip_gap_378
vit_so400m_patch14_siglip_gap_448 vit_so400m_patch14_siglip_gap_896
vit_so400m_patch16_siglip_256 vit_so400m_patch16_siglip_384
vit_so400m_patch16_siglip_512 vit_so400m_patch16_siglip_gap_256
vit_so400m_patch16_siglip_gap_384 vit_so400m_patch16_siglip_gap_512
vit_giantopt_patch16_siglip_256 vit_giantopt_patch16_siglip_384
vit_giantopt_patch16_siglip_gap_256 vit_giantopt_patch16_siglip_gap_384
vit_betwixt_patch16_gap_256 vit_huge_patch14_gap_224 vit_huge_patch16_gap_448
vit_giant_patch16_gap_224
vit_wee_patch16_reg1_gap_256 vit_little_patch16_reg1_gap_256
vit_little_patch16_reg4_gap_256 vit_medium_patch16_reg1_gap_256
vit_medium_patch16_reg4_gap_256 vit_mediumd_patch16_reg4_gap_256
vit_mediumd_patch16_reg4_gap_384 vit_betwixt_patch16_reg1_gap_256
vit_betwixt_patch16_reg4_gap_256 vit_betwixt_patch16_reg4_gap_384
vit_base_patch16_reg4_gap_256 vit_so150m2_patch16_reg1_gap_256
vit_so150m2_patch16_reg1_gap_384 vit_so150m2_patch16_reg1_gap_448
vit_so150m_patch16_reg4_gap_256 vit_so150m_patch16_reg4_gap_384
vit_so150m_patch16_reg4_map_256
vit_huge_patch14_224 vit_giant_patch14_224 vit_huge_patch14_clip_224
vit_huge_patch14_clip_336 vit_huge_patch14_clip_378 vit_giant_patch14_clip_224
deit3_huge_patch14_224 flexivit_small flexivit_base flexivit_large
vit_base_patch16_radio_v3 vit_large_patch16_radio_v3 vit_huge_patch16_radio_v3
vit_huge_patch16_radio_v4 vit_so400m_patch16_radio_v4 vit_intern300m_patch14_448
aimv2_large_patch14_224 aimv2_large_patch14_336 aimv2_large_patch14_448
aimv2_huge_patch14_224 aimv2_huge_patch14_336 aimv2_huge_patch14_448
aimv2_1b_patch14_224 aimv2_1b_patch14_336 aimv2_1b_patch14_448
beit3_base_patch16_224 beit3_large_patch16_224 beit3_giant_patch14_224
beit3_giant_patch14_336
vit_giant_patch14_dinov2 vit_giant_patch14_reg4_dinov2
vit_giant_patch14_reg1_tipsv2 vit_base_patch14_reg1_tipsv2
vit_large_patch14_reg1_tipsv2 vit_so400m_patch14_reg1_tipsv2
vit_dwee_patch16_reg1_gap_256 vit_dlittle_patch16_reg1_gap_256
vit_pwee_patch16_reg1_gap_256 vit_dpwee_patch16_reg1_gap_256
vit_base_patch16_rpn_224 test_vit test_vit2 test_vit3 test_vit4
eva_giant_patch14_224 eva_giant_patch14_336 eva_giant_patch14_560
eva_giant_patch14_clip_224
eva02_tiny_patch14_224 eva02_tiny_patch14_336 eva02_small_patch14_224
eva02_small_patch14_336 eva02_base_patch14_224 eva02_base_patch14_448
eva02_large_patch14_224 eva02_large_patch14_448 eva02_base_patch16_clip_224
eva02_large_patch14_clip_224 eva02_large_patch14_clip_336
vit_tiny_patch16_dinov3_qkvb vit_small_patch16_dinov3 vit_base_patch16_dinov3
vit_large_patch16_dinov3 vit_small_plus_patch16_dinov3
vit_huge_plus_patch16_dinov3 vit_small_patch16_dinov3_qkvb
vit_base_patch16_dinov3_qkvb vit_large_patch16_dinov3_qkvb
vit_small_plus_patch16_dinov3_qkvb vit_huge_plus_patch16_dinov3_qkvb
vit_small_patch16_lingbot vit_base_patch16_lingbot vit_large_patch16_lingbot
vit_pe_core_tiny_patch16_384 vit_pe_core_small_patch16_384
vit_pe_core_base_patch16_224 vit_pe_core_large_patch14_336
vit_pe_spatial_tiny_patch16_512 vit_pe_spatial_small_patch16_512
vit_pe_spatial_base_patch16_512 vit_pe_spatial_large_patch14_448
vit_pe_lang_large_patch14_448
vit_small_patch16_rope_224 vit_small_patch16_rope_ape_224
vit_small_patch16_rope_mixed_224 vit_small_patch16_rope_mixed_ape_224
vit_base_patch16_rope_224 vit_base_patch16_rope_ape_224
vit_base_patch16_rope_mixed_224 vit_base_patch16_rope_mixed_ape_224
vit_large_patch16_rope_224 vit_large_patch16_rope_ape_224
vit_large_patch16_rope_mixed_224 vit_large_patch16_rope_mixed_ape_224
vit_medium_patch16_rope_reg1_gap_256 vit_mediumd_patch16_rope_reg1_gap_256
vit_betwixt_patch16_rope_reg4_gap_256 vit_base_patch16_rope_reg1_gap_256
convnext_atto convnext_femto convnext_pico convnext_nano convnext_tiny
convnext_tiny_hnf convnext_small convnext_base convnext_large convnext_xlarge
convnext_zepto_rms convnext_zepto_rms_ols convnext_atto_ols convnext_atto_rms
convnext_femto_ols convnext_pico_ols convnext_nano_ols convnext_large_mlp
convnext_xxlarge test_convnext test_convnext2 test_convnext3
convnextv2_atto convnextv2_femto convnextv2_pico convnextv2_nano
convnextv2_tiny convnextv2_small convnextv2_base convnextv2_large
convnextv2_huge
""".split()


def image_size(model):
    if hasattr(model, "patch_embed"):
        return model.patch_embed.img_size[0]
    return 224


def both_sides(size):
    """Height and width of an img_size."""
    return (size, size) if isinstance(size, int) else tuple(size)


def flops_of(model, size):
    model.requires_grad_(False)  # the counter follows gradients otherwise
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        model(torch.empty(1, 3, *both_sides(size), device="meta"))
    return counter.get_total_flops()


def describe_variant(model):
    digest = hashlib.sha256()
    state = model.state_dict()
    for name, tensor in state.items():
        dtype = str(tensor.dtype).removeprefix("torch.")
        digest.update(f"{name} {dtype} {list(tensor.shape)}\n".encode())
    return {
        "digest": digest.hexdigest(),
        "tensors": len(state),
        "parameters": sum(t.numel() for t in state.values()),
        "img_size": image_size(model),
        "flops": flops_of(model, image_size(model)),
    }


def variants():
    timm.layers.set_fused_attn(False)
    rows = {}
    with torch.device("meta"):
        for name, config in OUR_OWN.items():
            rows[name] = describe_variant(timm_build.build(config).eval())
        for name in TIMM:
            # No number of classes: CLIP's heads are projections by default.
            model = timm.create_model(name, num_classes=1000).eval()
            rows[name] = describe_variant(model)
    return rows


def moments(tensor):
    t = tensor.detach().double()
    return {"shape": list(t.shape), "mean": t.mean().item(),
            "std": t.std(correction=0).item(), "min": t.min().item(),
            "max": t.max().item()}


def first_of_each_kind(name):
    """Moments of the first tensor of each kind that timm draws."""
    state = timm.create_model(name).state_dict()
    first = {}
    for key in state:
        kind = ".".join(p for p in key.split(".") if not p.isdigit())
        first.setdefault(kind, key)
    return {k: moments(state[k]) for k in first.values()}


def initialisers():
    """Moments of what is drawn, for each initialiser."""
    torch.manual_seed(1)
    out = {}
    for name in ("vit_tiny_patch16_224", "deit_tiny_distilled_patch16_224",
                 "deit3_small_patch16_224", "convnext_femto"):
        out[f"timm {name}"] = first_of_each_kind(name)
    rules = {
        "xavier": torch.nn.init.xavier_uniform_,
        "kaiming": lambda w: torch.nn.init.kaiming_normal_(
            w, mode="fan_in", nonlinearity="relu"),
        "trunc-normal": lambda w: torch.nn.init.trunc_normal_(
            w, std=0.02, a=-0.04, b=0.04),
    }
    shapes = {
        "vit_tiny_patch16_224": ["patch_embed.proj.weight",
                                 "blocks.0.attn.qkv.weight",
                                 "blocks.0.mlp.fc2.weight", "head.weight"],
        "convnext_femto": ["stages.0.blocks.0.conv_dw.weight",
                           "stages.1.downsample.1.weight",
                           "stages.3.blocks.0.mlp.fc1.weight"],
    }
    for rule, draw in rules.items():
        for name, keys in shapes.items():
            state = timm.create_model(name).state_dict()
            out[f"{rule} {name}"] = {k: moments(draw(state[k])) for k in keys}
    # A seed without the -2 that timm's trunc_normal_ makes of a -1 of uniform_.
    torch.manual_seed(2)
    for name in ("vit_dpwee_patch16_reg1_gap_256", "test_vit3",
                 "vit_base_patch16_rpn_224", "eva02_tiny_patch14_224",
                 "vit_small_plus_patch16_dinov3_qkvb"):
        out[f"timm {name}"] = first_of_each_kind(name)
    return out


def small_vit(**more):
    return dict(dict(family="vit", img_size=32, patch_size=8, embed_dim=24,
                     depth=2, num_heads=3, num_classes=5), **more)


def small_convnext(**more):
    return dict(dict(family="convnext", img_size=64, patch_size=4,
                     dims=[8, 12, 16, 20], depths=[1, 2, 2, 1], num_classes=5,
                     layer_scale=1e-6), **more)


def small_convnextv2(**more):
    return dict(dict(family="convnextv2", img_size=64, patch_size=4,
                     dims=[8, 12, 16, 20], depths=[1, 2, 2, 1], num_classes=5),
                **more)


SMALL = {
    "vit_plain": small_vit(),
    "vit_avg": small_vit(pooling="avg"),
    "vit_gap_no_class_token": small_vit(pooling="normed-avg",
                                        class_token=False),
    "vit_clip_quickgelu": small_vit(pre_norm=True, norm_eps=1e-5,
                                    activation="quick_gelu"),
    "vit_distilled": small_vit(dist_token=True),
    "vit_layer_scale_registers": small_vit(layer_scale=1e-5, reg_tokens=4,
                                           no_embed_class=True),
    "vit_registers_with_positions": small_vit(reg_tokens=2, pooling="avg"),
    "vit_deit3": small_vit(layer_scale=1e-6, no_embed_class=True),
    "vit_no_qkv_bias": small_vit(qkv_bias=False, mlp_ratio=2.5),
    "vit_patch14": small_vit(patch_size=14, img_size=42, depth=1, num_heads=2),
    "vit_headless": small_vit(num_classes=0, patch_size=4, img_size=20),
    "vit_map": small_vit(pooling="map", class_token=False,
                         activation="gelu_tanh"),
    "vit_map_with_prefix": small_vit(pooling="map", class_token=False,
                                     reg_tokens=1, pool_include_prefix=True,
                                     mlp_ratio=2),
    "vit_no_final_norm": small_vit(final_norm=False, reg_tokens=3,
                                   no_embed_class=True),
    "vit_relu": small_vit(activation="relu"),
    "vit_aimv2": small_vit(norm="rmsnorm", norm_eps=1e-5, embed_norm=True,
                           mlp="swiglu", activation="silu", proj_bias=False,
                           qkv_bias=False, class_token=False,
                           pooling="normed-avg"),
    "vit_beit3": small_vit(scale_attn_norm=True, scale_mlp_norm=True,
                           norm_eps=1e-5, pooling="avg"),
    "vit_dinov2_giant": small_vit(mlp="swiglu-packed", activation="silu",
                                  layer_scale=1e-5, mlp_ratio=2.5),
    "vit_qk_norm": small_vit(qk_norm=True),
    "vit_diff": small_vit(diff_attn=True, layer_scale=1e-5, depth=3),
    "vit_parallel": small_vit(block="parallel", layer_scale=1e-5),
    "vit_parallel_rmsnorm": small_vit(block="parallel", norm="rmsnorm",
                                      pre_norm=True, qk_norm=True,
                                      qkv_bias=False, no_embed_class=True),
    "vit_parallel_diff": small_vit(block="parallel", diff_attn=True,
                                   reg_tokens=1, class_token=False,
                                   pooling="avg"),
    "vit_post_norm": small_vit(block="post-norm", qkv_bias=False,
                               layer_scale=1e-5, class_token=False,
                               pooling="avg"),
    "eva_01": small_vit(qkv="qv-bias", pooling="avg"),
    "eva_post_norm": small_vit(qkv="qv-bias", block="post-norm"),
    "eva_02_tiny": small_vit(qkv="qv-bias", mlp="swiglu-packed",
                             rope="axial", rope_ref_grid=3, pooling="avg"),
    "eva_02_clip": small_vit(qkv="separate", mlp="swiglu",
                             scale_mlp_norm=True, scale_attn_norm=True,
                             rope="axial", rope_ref_grid=3),
    "eva_dinov3": small_vit(rope="dinov3", rope_rotate_half=True,
                            rope_temperature=100, pos_embed=False,
                            reg_tokens=4, qkv_bias=False, layer_scale=1e-5,
                            norm_eps=1e-5, pooling="normed-avg"),
    "eva_dinov3_plus": small_vit(rope="dinov3", rope_rotate_half=True,
                                 rope_temperature=100, pos_embed=False,
                                 reg_tokens=4, qkv="qv-bias", mlp="swiglu",
                                 layer_scale=1e-5, norm_eps=1e-5),
    "eva_pe_core": small_vit(rope="axial", rope_xy=True, rope_ref_grid=4,
                             rope_grid_offset=1, pre_norm=True, norm_eps=1e-5,
                             pooling="map", pool_include_prefix=True,
                             attn_pool_heads=4, attn_pool_mlp_ratio=2),
    "eva_pe_spatial": small_vit(rope="axial", rope_xy=True, rope_ref_grid=4,
                                pre_norm=True, final_norm=False, norm_eps=1e-5,
                                layer_scale=0.1, pooling="normed-avg"),
    "eva_rope_axial": small_vit(rope="axial", rope_xy=True,
                                rope_temperature=100, pos_embed=False,
                                layer_scale=1e-5),
    "eva_rope_mixed_ape": small_vit(rope="mixed", rope_xy=True,
                                    rope_temperature=10, no_embed_class=True,
                                    layer_scale=1e-5),
    "eva_qk_norm": small_vit(rope="axial", qk_norm=True, pos_embed=False),
    "convnext_linear": small_convnext(),
    "convnext_conv_mlp": small_convnext(conv_mlp=True),
    "convnext_hnf": small_convnext(conv_mlp=True, head_norm_first=True),
    "convnext_patch2": small_convnext(patch_size=2, img_size=48),
    "convnext_no_layer_scale": small_convnext(layer_scale=0),
    "convnext_odd_size": small_convnext(img_size=75, patch_size=3,
                                        dims=[8, 8, 12, 12]),
    "convnext_ols": small_convnext(stem_type="overlap",
                                   norm_layer="rmsnorm"),
    "convnext_ols_tiered": small_convnext(stem_type="overlap_tiered",
                                          conv_mlp=True, dims=[24, 12, 16, 20],
                                          img_size=75),
    "convnext_ols_act": small_convnext(stem_type="overlap_act",
                                       norm_layer="simplenorm",
                                       activation="silu"),
    "convnext_head_hidden": small_convnext(head_hidden_size=14,
                                           activation="gelu_tanh",
                                           norm_eps=1e-5),
    "convnext_kernels": small_convnext(kernel_sizes=[7, 5, 5, 3],
                                       norm_layer="simplenorm",
                                       activation="quick_gelu",
                                       head_norm_first=True),
    "convnextv2_linear": small_convnextv2(),
    "convnextv2_conv_mlp": small_convnextv2(conv_mlp=True, patch_size=2,
                                            img_size=48, num_classes=0),
    "vit_grey": small_vit(in_chans=1, depth=1),
    "eva_4_channels": small_vit(in_chans=4, qkv="qv-bias", depth=1),
    "convnext_grey": small_convnext(in_chans=1),
    "convnext_ols_5_channels": small_convnext(in_chans=5, stem_type="overlap"),
    "convnextv2_grey": small_convnextv2(in_chans=1),
    "vit_wide": small_vit(img_size=[16, 40]),
    "vit_tall_deit3": small_vit(img_size=[40, 16], layer_scale=1e-6,
                                no_embed_class=True, pooling="avg"),
    "eva_wide_axial": small_vit(img_size=[16, 40], qkv="qv-bias", rope="axial",
                                rope_ref_grid=3, pooling="avg"),
    "eva_wide_pe_core": small_vit(img_size=[16, 40], rope="axial",
                                  rope_xy=True, rope_ref_grid=4,
                                  rope_grid_offset=1, pre_norm=True,
                                  norm_eps=1e-5, pooling="map",
                                  pool_include_prefix=True, attn_pool_heads=4,
                                  attn_pool_mlp_ratio=2),
    "eva_wide_rope_axial": small_vit(img_size=[16, 40], rope="axial",
                                     rope_xy=True, rope_temperature=100,
                                     pos_embed=False),
    "eva_tall_rope_mixed": small_vit(img_size=[40, 16], rope="mixed",
                                     rope_xy=True, rope_temperature=10,
                                     no_embed_class=True),
    "eva_tall_dinov3": small_vit(img_size=[32, 24], mlp="swiglu-packed",
                                   qkv="separate", qk_norm=True, reg_tokens=3,
                                   layer_scale=1.0, norm="rmsnorm",
                                   pos_embed=False, rope="dinov3",
                                   rope_temperature=100,
                                   rope_rotate_half=True),
    "convnext_wide": small_convnext(img_size=[40, 75]),
    "convnext_wide_ols": small_convnext(img_size=[50, 75], stem_type="overlap"),
}


def fill(model):
    with torch.no_grad():
        for name, p in model.named_parameters():
            p.copy_(torch.from_numpy(hashed.parameter(name, tuple(p.shape))))


def run_small(config, prepare=lambda model: None):
    """Logits and the gradients of sum(logits * cotangent)."""
    model = timm_build.build(config).double().eval()
    fill(model)
    prepare(model)
    size = both_sides(config["img_size"])
    channels = config.get("in_chans", 3)
    x = torch.from_numpy(hashed.normal("input", (2, channels, *size), 1.0))
    logits = model(x.double())
    cotangent = torch.from_numpy(
        hashed.normal("cotangent", tuple(logits.shape), 1.0))
    (logits * cotangent).sum().backward()
    tensors = {"logits": logits.detach().float().numpy()}
    for name, p in model.named_parameters():
        tensors[f"grad.{name}"] = p.grad.float().numpy()
    return tensors


def small_flops(config):
    timm.layers.set_fused_attn(False)
    with torch.device("meta"):
        return flops_of(timm_build.build(config).eval(), config["img_size"])


def write_json(name, content):
    path = OUTPUT / name
    content = {"made_by": "scripts/golden/models.py",
               "versions": timm_build.versions(), **content}
    path.write_text(json.dumps(content, indent=1) + "\n")
    print(path, path.stat().st_size)


def main():
    """With names: writes only the logits of these small models."""
    (OUTPUT / "logits").mkdir(parents=True, exist_ok=True)
    names = sys.argv[1:]
    for name, config in SMALL.items():
        if names and name not in names:
            continue
        path = OUTPUT / "logits" / f"{name}.safetensors"
        tensors = {k: np.ascontiguousarray(v)
                   for k, v in run_small(config).items()}
        metadata = {"config": json.dumps(config),
                    "versions": json.dumps(timm_build.versions())}
        if isinstance(config["img_size"], list):  # of others: variants.json
            metadata["flops"] = str(small_flops(config))
        save_file(tensors, path, metadata)
        assert not any(math.isnan(t.sum()) for t in tensors.values())
        print(path, path.stat().st_size)
    if names:
        return
    write_json("init.json", {"initialisers": initialisers()})
    write_json("variants.json", {"variants": variants()})


if __name__ == "__main__":
    main()
