"""coverage.py: every tag that timm publishes for its ViTs and ConvNeXts."""

import functools
import json
import pathlib
import sys

import timm
import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import published_models as published  # noqa: E402
from coverage_page import family_of  # noqa: E402
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
    model = built(cfg.architecture)
    kept = cfg.to_dict()
    pool = getattr(model, "global_pool", None)
    if hasattr(model, "stages"):
        pool = model.head.global_pool.pool_type
    return json.dumps({
        "architecture": cfg.architecture, "num_classes": cfg.num_classes,
        "num_features": model.num_features, "global_pool": pool,
        "pretrained_cfg": {k: v for k, v in kept.items()
                           if k not in ("architecture", "num_classes")}})


def judge(seen, config, images, forms):
    """A verdict of coverage_page.py, and why."""
    if not seen.understood():
        reason = seen.reason()
        known = any(form in reason for form in forms)
        return ("rejected" if known else "unclear"), reason
    found = differences(seen, config, images)
    if not found:
        return "right", ""
    return ("announced" if is_told(seen, found) else "wrong"), "; ".join(found)


def with_selection(verdict, seen, wsel, path, config):
    """The verdict, unless no student can be selected from the file."""
    if not seen.understood():
        return verdict
    code, error = dry_run(wsel, path, config)
    return verdict if code == 0 else ("wrong", f"init: {error}")


def is_told(seen, found):
    """Whether the program reports all that it has otherwise."""
    keys = {difference.split()[0] for difference in found}
    told = set()
    if any(" px" in text for text in seen.told()):
        told.add("img_size")
    if any("head" in name for name in seen.names.get("ignored", {})):
        told |= {"head_hidden_size", "num_classes", "pooling"}
    return keys <= told


def names():
    return sorted(tag for module in published.MODULES
                  for tag in timm.list_models(module=module, pretrained=True))


def row(wsel, folder, tag):
    shapes, config, images, forms = expected(tag)
    named = folder / f"{tag}.safetensors"
    write_shapes(named, shapes)
    seen = Seen(wsel, named)
    by_name = with_selection(judge(seen, config, images, forms), seen, wsel,
                             named, config)
    named.unlink()
    beside = folder / "beside" / "model.safetensors"
    write_shapes(beside, shapes)
    beside.with_name("config.json").write_text(config_json(tag))
    return {"tag": tag, "family": family_of(tag),
            "verdicts": {"name": by_name, "beside": judge(
                Seen(wsel, beside), config, images, forms)}}
