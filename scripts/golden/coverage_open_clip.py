"""coverage.py: the image towers of all that open_clip publishes."""

import json
import pathlib
import sys

import open_clip
import torch
from open_clip.model import _build_vision_tower, CLIPVisionCfg

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import published_models as published  # noqa: E402
from coverage_page import family_of  # noqa: E402
from coverage_program import Seen, write_shapes  # noqa: E402
from coverage_timm import judge, with_selection  # noqa: E402

# Tensors beside the image tower's, which show that the file is open_clip's.
TEXT = {"logit_scale": (), "positional_embedding": (77, 64),
        "text_projection": (64, 64), "token_embedding.weight": (100, 64),
        "ln_final.weight": (64,), "ln_final.bias": (64,),
        "transformer.resblocks.0.ln_1.weight": (64,)}


def is_vit_or_convnext(cfg):
    vision = cfg["vision_cfg"]
    timms = vision.get("timm_model_name", "")
    if timms:
        return timms.startswith(("vit_", "convnext", "eva"))
    return isinstance(vision.get("layers", 12), int)


def tower(cfg, quick):
    with torch.device("meta"):
        return _build_vision_tower(cfg["embed_dim"],
                                   CLIPVisionCfg(**cfg["vision_cfg"]), quick)


def own_config(visual, quick):
    """The config of open_clip's VisionTransformer."""
    block = visual.transformer.resblocks[0]
    width = visual.conv1.out_channels
    average = "avg" if visual.final_ln_after_pool else "normed-avg"
    pooling = {"tok": "token", "avg": average}[visual.pool_type]
    return {
        "family": "vit", "patch_size": visual.patch_size[0],
        "img_size": visual.image_size[0], "embed_dim": width,
        "depth": len(visual.transformer.resblocks),
        "num_heads": block.attn.num_heads,
        "mlp_ratio": block.mlp.c_fc.out_features / width,
        "activation": "quick_gelu" if quick else "gelu",
        "pooling": pooling, "pre_norm": isinstance(
            visual.ln_pre, torch.nn.LayerNorm),
        "norm_eps": block.ln_1.eps, "class_token": True}


def own_forms(visual):
    forms = []
    if visual.attn_pool is not None:
        forms.append("attention pooling")
    return forms


def timm_config(cfg, visual):
    model = published.build(cfg["vision_cfg"]["timm_model_name"])
    if hasattr(model, "stages"):
        config, forms = published.convnext_config(model), \
            published.convnext_forms(model)
        return {k: v for k, v in config.items()
                if k != "head_hidden_size"}, forms
    forms = published.vit_forms(model)
    if "a convolutional stem" in forms:
        return {"family": "vit"}, forms
    # How the tower pools, and of which images it is, is its own.
    model.global_pool = visual.trunk.global_pool
    model.patch_embed = visual.trunk.patch_embed
    return {**published.VIT_DEFAULTS, **published.vit_config(model)}, forms


def names():
    return [f"{name}.{tag}" for name, tag in open_clip.list_pretrained()
            if is_vit_or_convnext(open_clip.get_model_config(name))]


def family(name, cfg):
    """Of timm's model, unless that is one of a CLIP without a family."""
    timms = cfg["vision_cfg"].get("timm_model_name", "")
    found = family_of(timms or name.lower().replace("-", "_"))
    return "CLIP" if found == "ViT" else found


def row(wsel, folder, full_name):
    name, tag = full_name.rsplit(".", 1)
    cfg = open_clip.get_model_config(name)
    weights = open_clip.get_pretrained_cfg(name, tag)
    quick = bool(cfg.get("quick_gelu") or weights.get("quick_gelu"))
    cfg["quick_gelu"] = quick
    visual = tower(cfg, quick)
    timms = "timm_model_name" in cfg["vision_cfg"]
    config, forms = timm_config(cfg, visual) if timms else \
        (own_config(visual, quick), own_forms(visual))
    path = folder / "open_clip" / "open_clip_model.safetensors"
    write_shapes(path, {"visual." + k: v
                        for k, v in published.shapes(visual).items()} | TEXT)
    images = {k: weights[k] for k in ("mean", "std", "interpolation",
                                      "resize_mode") if k in weights}
    path.with_name("open_clip_config.json").write_text(json.dumps(
        {"model_cfg": cfg, "preprocess_cfg": images}))
    images.pop("resize_mode", None)
    seen = Seen(wsel, path)
    verdict = with_selection(judge(seen, config, images, forms), seen, wsel,
                             path, config)
    return {"tag": full_name, "family": family(name, cfg),
            "verdicts": {"beside": verdict}}
