"""coverage.py: every tag that timm publishes for its ViTs and ConvNeXts."""

import functools
import json
import pathlib
import sys

import timm
import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import published_models as published  # noqa: E402
from coverage_program import Seen, differences, dry_run, write_shapes  # noqa: E402


@functools.lru_cache(maxsize=2)
def built(name):
    return published.build(name)


def full_config(model):
    """Every field, also those that have their default."""
    if hasattr(model, "stages"):
        return published.convnext_config(model), published.convnext_forms(model)
    config = published.vit_config(model)
    return {**published.VIT_DEFAULTS, **config}, published.vit_forms(model)


def shapes_of(model, num_classes):
    with torch.device("meta"):
        model.reset_classifier(num_classes)
    return published.shapes(model)


def expected(tag):
    """The tensors, the config and the images of a tag."""
    cfg = timm.get_pretrained_cfg(tag)
    model = built(cfg.architecture)
    config, forms = full_config(model)
    config = {**config, "num_classes": cfg.num_classes}
    height = cfg.input_size[1]
    if config["family"] != "vit":
        config["img_size"] = height
    elif height % config["patch_size"] == 0:
        config["img_size"] = height
    if model.num_features != 0 and cfg.num_classes == 0:
        config["num_classes"] = 0
    images = {"mean": cfg.mean, "std": cfg.std, "crop_pct": cfg.crop_pct,
              "interpolation": cfg.interpolation,
              "img_size": height if height == cfg.input_size[2] else -1}
    return shapes_of(model, cfg.num_classes), config, images, forms


def config_json(tag):
    """As timm.models.save_for_hf writes it."""
    cfg = timm.get_pretrained_cfg(tag)
    kept = cfg.to_dict()
    return json.dumps({
        "architecture": cfg.architecture, "num_classes": cfg.num_classes,
        "num_features": built(cfg.architecture).num_features,
        "pretrained_cfg": {k: v for k, v in kept.items()
                           if k not in ("architecture", "num_classes")}})


def judge(seen, config, images, forms):
    """("right" | "rejected" | "said" | "wrong", why)."""
    if not seen.understood():
        reason = seen.reason()
        known = any(form.split()[-1] in reason for form in forms)
        return ("rejected" if known else "wrong reason"), reason
    found = differences(seen, config, images)
    if not found:
        return "right", ""
    return ("said" if is_told(seen, found) else "wrong"), "; ".join(found)


def is_told(seen, found):
    """Whether the program reports all that it has otherwise."""
    keys = {difference.split()[0] for difference in found}
    told = set()
    if any(" px" in text for text in seen.told()):
        told.add("img_size")
    if any("head" in name for name in seen.names.get("ignored", {})):
        told |= {"head_hidden_size", "num_classes", "pooling"}
    return keys <= told


def rows(wsel, folder, only):
    tags = [tag for module in published.MODULES
            for tag in timm.list_models(module=module, pretrained=True)]
    for tag in sorted(tags):
        if only and only not in tag:
            continue
        shapes, config, images, forms = expected(tag)
        named = folder / f"{tag}.safetensors"
        write_shapes(named, shapes)
        by_name = Seen(wsel, named)
        verdict = judge(by_name, config, images, forms)
        beside = folder / "beside" / "model.safetensors"
        named_beside = beside.parent / "config.json"
        write_shapes(beside, shapes)
        named_beside.write_text(config_json(tag))
        other = judge(Seen(wsel, beside), config, images, forms)
        code = ""
        if by_name.understood():
            code, _ = dry_run(wsel, named, config)
        named.unlink()
        yield {"tag": tag, "name": verdict, "beside": other, "init": code,
               "forms": forms}
