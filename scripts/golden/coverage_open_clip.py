"""coverage.py: the image towers of all that open_clip publishes."""

import json
import pathlib
import sys

import open_clip
import torch
from open_clip.model import _build_vision_tower, CLIPVisionCfg

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import published_models as published  # noqa: E402
from coverage_program import Seen, dry_run, write_shapes  # noqa: E402
from coverage_timm import judge  # noqa: E402

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
    pooling = {"tok": "token", "avg": "normed-avg"}[visual.pool_type]
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
    if not isinstance(visual.ln_pre, torch.nn.LayerNorm):
        forms.append("a patch embedding without bias")
    return forms


def timm_config(cfg):
    model = published.build(cfg["vision_cfg"]["timm_model_name"])
    if hasattr(model, "stages"):
        config, forms = published.convnext_config(model), \
            published.convnext_forms(model)
        return {k: v for k, v in config.items()
                if k != "head_hidden_size"}, forms
    config = published.vit_config(model)
    config.pop("pooling", None)  # that of the tower
    config["img_size"] = cfg["vision_cfg"]["image_size"]
    return config, published.vit_forms(model)


def rows(wsel, folder, only):
    for name, tag in open_clip.list_pretrained():
        cfg = open_clip.get_model_config(name)
        if only not in f"{name}.{tag}" or not is_vit_or_convnext(cfg):
            continue
        weights = open_clip.get_pretrained_cfg(name, tag)
        quick = bool(cfg.get("quick_gelu") or weights.get("quick_gelu"))
        cfg["quick_gelu"] = quick
        visual = tower(cfg, quick)
        timms = "timm_model_name" in cfg["vision_cfg"]
        config, forms = timm_config(cfg) if timms else \
            (own_config(visual, quick), own_forms(visual))
        shapes = {"visual." + k: v
                  for k, v in published.shapes(visual).items()} | TEXT
        path = folder / "open_clip" / "open_clip_model.safetensors"
        write_shapes(path, shapes)
        path.with_name("open_clip_config.json").write_text(json.dumps({
            "model_cfg": cfg,
            "preprocess_cfg": {k: weights[k] for k in (
                "mean", "std", "interpolation", "resize_mode")
                if k in weights}}))
        images = {k: weights[k] for k in ("mean", "std", "interpolation")
                  if k in weights}
        seen = Seen(wsel, path)
        verdict = judge(seen, config, images, forms)
        code = dry_run(wsel, path, config)[0] if seen.understood() else ""
        yield {"tag": f"{name}.{tag}", "beside": verdict, "init": code,
               "forms": forms}
