"""coverage.py: for a reduced copy with random weights of every kind of block,
the logits of `eval` against timm's."""

import json
import pathlib
import sys
import tempfile

import numpy as np
import PIL.Image
import safetensors.torch
import timm
import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import published_models as published  # noqa: E402
from coverage_program import run  # noqa: E402
from models import both_sides  # noqa: E402

IMAGES, CLASSES, TOLERANCE = 4, 5, 1e-5
# What decides how a block computes, rather than how large it is.
IRRELEVANT = {"img_size", "patch_size", "embed_dim", "depth", "num_heads",
              "mlp_ratio", "dims", "depths", "rope_ref_grid", "reg_tokens",
              "rope_temperature", "attn_pool_heads", "attn_pool_mlp_ratio"}


def names():
    """The smallest architecture of each kind, by its config's other fields."""
    smallest = {}
    for path in sorted(published.FOLDER.glob("published_models.inc")):
        for line in path.read_text().splitlines():
            if not line.startswith("{"):
                continue
            name = line.split('"')[1]
            config = json.loads(line.split('R"(')[1].split(')"')[0])
            width = int(line.split(",")[1])
            kind = json.dumps({k: v for k, v in config.items()
                               if k not in IRRELEVANT}, sort_keys=True)
            if kind not in smallest or width < smallest[kind][0]:
                smallest[kind] = (width, name)
    return sorted(name for _, name in smallest.values())


def forms_of(model):
    return published.convnext_forms(model) if hasattr(model, "stages") else \
        published.vit_forms(model)


def randomised(model):
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            noise = torch.randn(tensor.shape, generator=generator)
            norm = "norm" in name and name.endswith("weight")
            scale = 0.3 if tensor.ndim < 2 else tensor[0].numel() ** -0.5
            tensor.copy_(float(norm) + scale * noise)
    return model.eval()


def of_depth(shape, depth):
    """The arguments for so many blocks, of which some have one value each."""
    by_block = {key: value[:depth] for key, value in shape.arguments.items()
                if isinstance(value, (list, tuple))
                and len(value) == len(shape.blocks)}
    return {"depth": depth, **by_block}


def reduced(name):
    """Of one block per stage, or two, and few classes."""
    shape = published.build(name)
    convnext = hasattr(shape, "stages")
    depth = {"depths": (1, 1, 1, 1)} if convnext else of_depth(shape, 2)
    model = timm.create_model(name, num_classes=CLASSES, **depth)
    model.arguments = {**shape.arguments, **depth}
    config = published.convnext_config(model) if convnext else \
        published.vit_config(model)
    size = shape.default_cfg["input_size"][1:] if convnext else \
        both_sides(config.get("img_size", 224))
    return randomised(model), {**config, "num_classes": CLASSES,
                               "img_size": list(size)}


def write_images(folder, size):
    """A folder per class; the images of (height, width) in the order of the files."""
    generator = np.random.default_rng(0)
    values = []
    for i in range(IMAGES):
        pixels = generator.integers(0, 256, (*size, 3), dtype=np.uint8)
        at = folder / "test" / f"c{i % CLASSES}"
        at.mkdir(parents=True, exist_ok=True)
        (folder / "train" / f"c{i % CLASSES}").mkdir(parents=True, exist_ok=True)
        PIL.Image.fromarray(pixels).save(at / f"{i}.png")
        PIL.Image.fromarray(pixels).save(
            folder / "train" / f"c{i % CLASSES}" / f"{i}.png")
        values.append(pixels)
    for i in range(IMAGES, CLASSES):
        for split in ("train", "test"):
            at = folder / split / f"c{i}"
            at.mkdir(parents=True, exist_ok=True)
            PIL.Image.fromarray(values[0]).save(at / f"{i}.png")
    return torch.from_numpy(np.stack(values)).permute(0, 3, 1, 2).float() / 255


def logits_of(wsel, folder, checkpoint, config):
    predictions = folder / "predictions.jsonl"
    code, _, error = run(
        wsel, "eval", "--checkpoint", checkpoint, "--model", config,
        "--dataset", "folder", "--data-root", folder / "images",
        "--mean", "0.5,0.5,0.5", "--std", "0.5,0.5,0.5", "--crop-pct", "1",
        "--crop-mode", "center",
        "--device", "cpu", "--precision", "fp32", "--workers", "0",
        "--class-order", "torchvision", "--logits",
        "--predictions", predictions)
    if code != 0:
        return None, error.strip()
    rows = [json.loads(line) for line in predictions.read_text().splitlines()]
    found = {pathlib.Path(row["file"]).stem: row["logits"] for row in rows}
    return torch.tensor([found[str(i)] for i in range(IMAGES)]), ""


def compare(wsel, folder, name):
    model, config = reduced(name)
    checkpoint = folder / "reduced.safetensors"
    safetensors.torch.save_file(
        {k: v.contiguous() for k, v in model.state_dict().items()}, checkpoint)
    config_file = folder / "reduced.json"
    config_file.write_text(json.dumps(config))
    size = config["img_size"]
    images = write_images(folder / "images", size)
    with torch.no_grad():
        expected = model((images - 0.5) / 0.5)
    got, error = logits_of(wsel, folder, checkpoint, config_file)
    if got is None:
        known = any(form in error for form in forms_of(model)) or any(
            f"unknown key '{key}'" in error for key in config)
        return ("rejected" if known else "unclear"), error
    scale = expected.abs().max().item()
    difference = (got - expected).abs().max().item() / scale
    return ("right" if difference <= TOLERANCE else "wrong",
            f"relative difference {difference:.1e}")


def row(wsel, folder, name):
    with tempfile.TemporaryDirectory(dir=folder) as at:
        verdict = compare(wsel, pathlib.Path(at), name)
    return {"tag": name, "verdicts": {"beside": verdict}}
