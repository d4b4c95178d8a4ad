"""Loads the output of `wsel convert` into the libraries that it is written for:
`scripts/golden/naming.py --check WSEL`.

For each naming and architecture a random timm model is converted by the program
WSEL and loaded with strict loading: by from_pretrained from the folder, with
the config.json that was written, and by torchvision's and timm's
load_state_dict (Meta's ConvNeXt through timm's filter for its names), with --hub
also by timm.create_model('local-dir:...'). Outputs must agree. Then the file is
converted back and must be bit-identical to the first.

Of a classifier with known mean, std and class names, transformers' pipeline
and timm's transform must give timm's scores on the folder that was written.
"""

import functools
import json
import pathlib
import subprocess
import tempfile

import numpy as np
import PIL.Image
import safetensors.torch
import timm
import timm.data
import torch
import torchvision
import transformers
from timm.models.convnext import ConvNeXt, checkpoint_filter_fn
from timm.models.deit import VisionTransformerDistilled
from timm.models.vision_transformer import VisionTransformer

TOLERANCE = 1e-5  # relative to the largest output
SIZE = 32
# 64 channels per head, the assumption for a file of unregistered width.
VIT = dict(img_size=SIZE, patch_size=8, embed_dim=128, depth=2, num_heads=2,
           mlp_ratio=2, num_classes=5)
WIDTHS, DEPTHS = [8, 16, 24, 32], [1, 1, 2, 1]
CONVNEXT = dict(dims=WIDTHS, depths=DEPTHS, num_classes=5)


def randomised(model):
    """Randomises every tensor, including those with constant initialisation."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            noise = torch.randn(tensor.shape, generator=generator)
            centre = 1.0 if "norm" in name and "weight" in name else 0.0
            tensor.copy_(centre + 0.2 * noise)
    return model.eval()


def clip():
    """A CLIP tower: its projection has no bias."""
    model = randomised(VisionTransformer(
        **VIT, pre_norm=True,
        norm_layer=functools.partial(torch.nn.LayerNorm, eps=1e-5)))
    torch.nn.init.zeros_(model.head.bias)
    return model


def families():
    return {
        "vit": randomised(VisionTransformer(**VIT)),
        "vit without head": randomised(
            VisionTransformer(**{**VIT, "num_classes": 0})),
        "vit without qkv bias": randomised(
            VisionTransformer(**VIT, qkv_bias=False)),
        "deit distilled": randomised(VisionTransformerDistilled(**VIT)),
        "dinov2": randomised(VisionTransformer(
            **{**VIT, "num_classes": 0}, init_values=1e-5)),
        "clip": clip(),
        "convnext": randomised(ConvNeXt(**CONVNEXT)),
        "convnext without head": randomised(
            ConvNeXt(**{**CONVNEXT, "num_classes": 0})),
        "convnext, conv_mlp": randomised(ConvNeXt(**CONVNEXT, conv_mlp=True)),
    }


CASES = {
    "timm": ["vit", "vit without head", "vit without qkv bias",
             "deit distilled", "dinov2", "clip", "convnext",
             "convnext without head", "convnext, conv_mlp"],
    "hf": ["vit", "vit without head", "vit without qkv bias",
           "deit distilled", "dinov2", "clip", "convnext",
           "convnext without head", "convnext, conv_mlp"],
    "torchvision": ["vit", "convnext", "convnext, conv_mlp"],
    "meta": ["convnext", "convnext without head", "convnext, conv_mlp"],
}


def read(path):
    if path.suffix == ".safetensors":
        return safetensors.torch.load_file(path)
    return torch.load(path, weights_only=True)


def in_timm(path, model):
    model.load_state_dict(read(path), strict=True)
    return model


def in_meta(path, model):
    state = read(path)
    assert "downsample_layers.0.0.weight" in state, sorted(state)[:3]
    model.load_state_dict(checkpoint_filter_fn({"model": state}, model),
                          strict=True)
    return model


def in_torchvision(path, model):
    if isinstance(model, VisionTransformer):
        there = torchvision.models.VisionTransformer(
            image_size=SIZE, patch_size=8, num_layers=2, num_heads=2,
            hidden_dim=128, mlp_dim=256, num_classes=5)
    else:
        block = torchvision.models.convnext.CNBlockConfig
        outs = WIDTHS[1:] + [None]
        there = torchvision.models.ConvNeXt(
            [block(*row) for row in zip(WIDTHS, outs, DEPTHS)], num_classes=5)
    there.load_state_dict(read(path), strict=True)
    return there


def in_hf(path, model):
    config = json.loads((path.parent / "config.json").read_text())
    kind = getattr(transformers, config["architectures"][0])
    there, loading = kind.from_pretrained(path.parent, output_loading_info=True)
    lacking = {key for key in loading["missing_keys"] if "pooler" not in key}
    assert not lacking, lacking
    for what in ("unexpected_keys", "mismatched_keys"):
        assert not loading[what], loading[what]
    return there


def output(model, images):
    out = model(images)
    for name in ("logits", "image_embeds"):
        if hasattr(out, name):
            return getattr(out, name)
    if hasattr(out, "last_hidden_state"):
        pooled = out.last_hidden_state
        # Without a head timm returns the class token, or the pooled maps.
        return pooled[:, 0] if pooled.ndim == 3 else out.pooler_output
    return out


def in_hub(path, model):
    there = timm.create_model(f"local-dir:{path.parent}", pretrained=True)
    assert there.state_dict().keys() == model.state_dict().keys()
    return there.eval()


LOADERS = {"timm": in_timm, "hf": in_hf, "torchvision": in_torchvision,
           "meta": in_meta, "timm --hub": in_hub}
CASES["timm --hub"] = CASES["timm"]


def convert(wsel, *arguments):
    done = subprocess.run([wsel, "-q", "convert", "--num-heads", "2",
                           *map(str, arguments)],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def same(a, b):
    return a.keys() == b.keys() and all(
        a[k].dtype == b[k].dtype and torch.equal(a[k].squeeze(), b[k].squeeze())
        for k in a)


def check(wsel, naming, family, model, file, folder):
    """The largest error of an output, relative to the largest output."""
    first, there, back = folder / "first.pth", folder / file, folder / "back.pth"
    torch.save(model.state_dict(), first)
    convert(wsel, first, there, "--naming", *naming.split())
    convert(wsel, there, back)
    assert same(read(first), read(back)), (naming, family)
    images = torch.randn(2, 3, SIZE, SIZE,
                         generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        wanted = model(images)
        found = output(LOADERS[naming](there, model), images)
    assert wanted.shape == found.shape, (wanted.shape, found.shape)
    return ((wanted - found).abs().max() / wanted.abs().max()).item()


NAMES = ["coffee", "milk", "oat, milk", "tea", "water"]
MEAN, STD = [0.4, 0.5, 0.6], [0.3, 0.2, 0.25]


def timm_scores(model, image, transform):
    with torch.no_grad():
        return model(transform(image)[None]).softmax(1)[0]


def check_folder(wsel, size, naming, folder):
    """The largest error of a score, by the images' transform as written."""
    model = randomised(VisionTransformer(**{**VIT, "img_size": size}))
    source, there = folder / "source", folder / "there"
    source.mkdir()
    there.mkdir()
    safetensors.torch.save_file(model.state_dict(),
                                source / "model.safetensors")
    mode = "squash" if size >= 384 else "center"
    # Where nothing states it, small images are not resized.
    crop = {} if size <= 32 else dict(crop_pct=0.9, crop_mode=mode)
    cfg = dict(mean=MEAN, std=STD, interpolation="bilinear", **crop)
    (source / "config.json").write_text(json.dumps(
        {"architecture": "vit_tiny_patch16_224", "num_features": 128,
         "model_args": {"num_heads": 2}, "label_names": NAMES,
         "pretrained_cfg": cfg}))
    convert(wsel, source / "model.safetensors", there / "model.safetensors",
            "--naming", *naming.split())
    # As smooth as a photograph: transformers resizes by torchvision.
    y, x = np.mgrid[:size, :size + (0 if size <= 32 else 40)] / size
    pixels = np.stack([x, y, 1 - x * y / 2], -1).clip(0, 1)
    image = PIL.Image.fromarray((255 * pixels).astype(np.uint8))
    transform = timm.data.create_transform(
        size, is_training=False, interpolation="bilinear", mean=MEAN, std=STD,
        crop_pct=crop.get("crop_pct", 1.0), crop_mode=mode)
    wanted = timm_scores(model, image, transform)
    if naming == "hf":
        found = transformers.pipeline("image-classification",
                                      model=str(there))(image, top_k=5)
        found = {row["label"]: row["score"] for row in found}
        assert sorted(found) == NAMES, found
        found = torch.tensor([found[name] for name in NAMES])
    else:
        loaded = in_hub(there / "model.safetensors", model)
        assert loaded.pretrained_cfg["label_names"] == NAMES
        data = timm.data.resolve_data_config({}, model=loaded)
        found = timm_scores(loaded, image, timm.data.create_transform(**data))
    return (wanted - found).abs().max().item()


def run_folders(wsel):
    worst = 0.0
    for naming in ("hf", "timm --hub"):
        for size in (32, 64, 384):
            with tempfile.TemporaryDirectory() as folder:
                error = check_folder(wsel, size, naming, pathlib.Path(folder))
            print(f"{naming:12} {'scores at ' + str(size) + ' px':41} "
                  f"{error:.1e}")
            # Of 8-bit pixels that torchvision rounds otherwise than Pillow.
            exact = naming != "hf" or size <= 32
            worst = max(worst, error if exact else error / 1000)
    return worst


def run(wsel):
    """Prints the error of each case; False if one is too large."""
    wsel = pathlib.Path(wsel).resolve()
    transformers.logging.set_verbosity_error()
    print(f"timm {timm.__version__}, torchvision {torchvision.__version__}, "
          f"transformers {transformers.__version__}, torch {torch.__version__}")
    worst = 0.0
    for naming, names in CASES.items():
        for family in names:
            for file in ("model.safetensors", "pytorch_model.bin"):
                with tempfile.TemporaryDirectory() as folder:
                    error = check(wsel, naming, family, families()[family],
                                  file, pathlib.Path(folder))
                print(f"{naming:12} {family:22} {file:18} {error:.1e}")
                worst = max(worst, error)
    return max(worst, run_folders(wsel)) <= TOLERANCE
