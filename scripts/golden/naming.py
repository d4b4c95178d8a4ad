#!/usr/bin/env python3
"""Goldens of the room `naming`: small models, saved by the real libraries.

    scripts/golden/naming.py            # writes tests/golden/naming/
    scripts/golden/naming.py --only hf_wrapper_cases   # these, and keeps the rest
    scripts/golden/naming.py --check build/release/wsel   # naming_check.py

Every tensor is random. Files of timm, torchvision, transformers and open_clip
are written by these. Sources without a library here (DeiT, DINO, MAE, Meta's
ConvNeXt, AugReg) are timm models under the published names; if timm can load
them, it must read back the same. outputs.safetensors has the library's output
for hashed.normal("input"), cases.json the rest.

Needs timm, torchvision, transformers and open_clip_torch.
"""

import argparse
import copy
import functools
import json
import pathlib
import re
import sys
import tempfile

import numpy as np
import open_clip
import safetensors.torch
import timm
import torch
import torchvision
import transformers
from timm.models import register_model
from timm.models.convnext import ConvNeXt
from timm.models.deit import VisionTransformerDistilled
from timm.models.eva import Eva
from timm.models.vision_transformer import VisionTransformer

import hashed
import naming_check

FOLDER = pathlib.Path(__file__).parents[2] / "tests" / "golden" / "naming"

SIZE = 8
VIT = dict(img_size=SIZE, patch_size=4, embed_dim=16, depth=2, num_heads=2,
           mlp_ratio=2, num_classes=5)
WIDTHS, DEPTHS = [4, 8, 12, 16], [1, 1, 2, 1]
CONVNEXT = dict(dims=WIDTHS, depths=DEPTHS, num_classes=5, conv_mlp=False)
HF = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
          intermediate_size=32, image_size=SIZE, patch_size=4)
TEXT = dict(context_length=8, vocab_size=20, width=16, heads=2, layers=1)


def randomised(model, seed=0):
    """Randomises every tensor, including those with constant initialisation."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            noise = torch.randn(tensor.shape, generator=generator)
            centre = 1.0 if "norm" in name and "weight" in name else 0.0
            tensor.copy_(centre + 0.3 * noise)
    return model.eval()


def images(size=SIZE):
    return torch.from_numpy(hashed.normal("input", (2, 3, size, size), 1.0))


def vit(**more):
    return randomised(VisionTransformer(**{**VIT, **more}))


def convnext(**more):
    return randomised(ConvNeXt(**{**CONVNEXT, **more}))


class Cases:
    def __init__(self):
        self.rows, self.outputs = [], {}

    def add(self, file, source, output, **more):
        """`output`: the library's, for the model in `file`."""
        self.rows.append({"file": file, "source": source, **more})
        self.outputs[file] = output.detach().float().contiguous()

    def run(self, file, source, model, content=None, size=SIZE, **more):
        """Writes a model's state and records its output."""
        save(file, model.state_dict() if content is None else content)
        with torch.no_grad():
            self.add(file, source, model(images(size)), **more)


def save(file, content):
    path = FOLDER / file
    if file.endswith(".safetensors"):
        safetensors.torch.save_file(
            {k: v.contiguous() for k, v in content.items()}, path)
    else:
        torch.save(content, path)


def renamed(state, *pairs):
    out = {}
    for name, tensor in state.items():
        for pattern, to in pairs:
            name = re.sub(pattern, to, name)
        out[name] = tensor
    return out


def prefixed(state, prefix):
    return {prefix + name: tensor for name, tensor in state.items()}


def noise(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(9))


# timm and libraries built on it


def timm_cases(cases):
    model = vit()
    cases.run("timm_vit.safetensors", "timm", model)
    old = {**model.state_dict(), "pre_logits.fc.weight": noise(16, 16),
           "pre_logits.fc.bias": noise(16)}
    cases.run("timm_pre_logits.pth", "timm", model, old,
              ignored=["pre_logits.fc.weight", "pre_logits.fc.bias"])
    cases.run("timm_convnext.safetensors", "timm", convnext(conv_mlp=True),
              size=32)
    plain, averaged = vit(), randomised(VisionTransformer(**VIT), seed=1)
    optimizer = torch.optim.AdamW(plain.parameters())
    training = {"state_dict": prefixed(plain.state_dict(), "_orig_mod.module."),
                "state_dict_ema": prefixed(averaged.state_dict(), "module."),
                "optimizer": optimizer.state_dict(), "epoch": 3}
    cases.run("timm_training.pth", "timm", averaged, training,
              prefix="state_dict_ema.module.")


def deit_cases(cases):
    distilled = randomised(VisionTransformerDistilled(**VIT))
    cases.run("deit_distilled.pth", "timm, or DeiT distilled", distilled,
              {"model": distilled.state_dict()}, prefix="model.")
    third = vit(init_values=1e-4, no_embed_class=True)
    cases.run("deit3.pth", "DeiT III", third, {"model": renamed(
        third.state_dict(), (r"ls([12])\.gamma", r"gamma_\1"))},
        prefix="model.")


PLAIN = "timm, DINO, MAE's encoder or official weight selection"


def dino_cases(cases):
    teacher = vit(num_classes=0)
    cases.run("dino.pth", PLAIN, teacher)
    student = randomised(VisionTransformer(**{**VIT, "num_classes": 0}), seed=1)
    head = {"head.mlp.0.weight": noise(4, 16)}
    full = {"student": prefixed({**prefixed(student.state_dict(), "backbone."),
                                 **head}, "module."),
            "teacher": {**prefixed(teacher.state_dict(), "backbone."), **head},
            "epoch": 1, "args": argparse.Namespace(arch="vit_small"),
            "dino_loss": {"center": noise(1, 4)}}
    cases.run("dino_full.pth", PLAIN, teacher, full, prefix="teacher.backbone.")

    second = vit(num_classes=0, init_values=1e-4)
    state = {**second.state_dict(), "mask_token": noise(1, 16)}
    cases.run("dinov2.pth", "DINOv2", second, state, ignored=["mask_token"])
    # Block i of chunk c is blocks.c.i, counted over all chunks.
    chunked = renamed(state, (r"^blocks\.(\d+)\.", r"blocks.\1.\1."))
    cases.run("dinov2_chunked.pth", "DINOv2", second, chunked,
              ignored=["mask_token"])

    registers = vit(num_classes=0, init_values=1e-4, reg_tokens=4,
                    no_embed_class=True)
    state = registers.state_dict()
    first = noise(1, 1, 16)
    published = renamed(state, (r"^reg_token$", "register_tokens"))
    published["cls_token"] = state["cls_token"] - first
    published["pos_embed"] = torch.cat([first, state["pos_embed"]], 1)
    published["mask_token"] = noise(1, 16)
    again = vit(num_classes=0, init_values=1e-4, reg_tokens=4,
                no_embed_class=True)
    again.load_state_dict(timm.models.vision_transformer.checkpoint_filter_fn(
        dict(published), again))
    cases.run("dinov2_registers.pth", "DINOv2 with registers", again, published,
              ignored=["mask_token"])


def mae_cases(cases):
    encoder = vit(num_classes=0)
    decoder = {"mask_token": noise(1, 1, 16),
               "decoder_embed.weight": noise(8, 16),
               "decoder_embed.bias": noise(8),
               "decoder_blocks.0.norm1.weight": noise(8),
               "decoder_pos_embed": noise(1, 5, 8)}
    cases.run("mae.pth", "MAE, pre-training", encoder,
              {"model": {**encoder.state_dict(), **decoder}}, prefix="model.",
              ignored=["model." + name for name in decoder])
    tuned = vit(global_pool="avg")
    cases.run("mae_finetuned.pth", "timm, or MAE fine-tuned", tuned,
              {"model": tuned.state_dict(), "epoch": 99}, prefix="model.")


def official_cases(cases):
    model = vit(num_classes=0)
    cases.run("selection_vit.pth", PLAIN, model,
              {"model": model.state_dict()}, prefix="model.")
    model = convnext()
    with torch.no_grad():
        torch.nn.init.ones_(model.head.norm.weight)
        torch.nn.init.zeros_(model.head.norm.bias)
    model.reset_classifier(0)
    state = {k: v for k, v in model.state_dict().items() if "head" not in k}
    cases.run("selection_convnext.pth", "official weight selection", model,
              state, size=32)


META = [(r"^stages\.(\d+)\.downsample\.", r"downsample_layers.\1."),
        (r"^stem\.", "downsample_layers.0."),
        (r"\.blocks\.", "."), (r"conv_dw", "dwconv"),
        (r"mlp\.fc([12])", r"pwconv\1"),
        (r"^head\.norm", "norm"), (r"^head\.fc", "head")]


def meta_cases(cases):
    model = convnext()
    state = renamed(model.state_dict(), *META)
    read = timm.models.convnext.checkpoint_filter_fn({"model": state}, model)
    assert all(torch.equal(read[k], v) for k, v in model.state_dict().items())
    cases.run("meta_convnext.pth", "Meta ConvNeXt", model, {"model": state},
              size=32, prefix="model.")


# In Meta's files GRN's parameters are [1, 1, 1, C].
META_V2 = META + [(r"mlp\.grn\.weight", "grn.gamma"),
                  (r"mlp\.grn\.bias", "grn.beta")]


def convnextv2(**more):
    return convnext(use_grn=True, ls_init_value=None, **more)


def convnextv2_cases(cases):
    cases.run("timm_convnextv2.safetensors", "timm", convnextv2(conv_mlp=True),
              size=32)
    model = convnextv2()
    state = renamed(model.state_dict(), *META_V2)
    for name, tensor in state.items():
        if ".grn." in name:
            state[name] = tensor.view(1, 1, 1, -1)
    read = timm.models.convnext.checkpoint_filter_fn({"model": state}, model)
    assert all(torch.equal(read[k], v) for k, v in model.state_dict().items())
    cases.run("meta_convnextv2.pth", "Meta ConvNeXt V2", model,
              {"model": state}, size=32, prefix="model.")
    # Files of the pre-training have neither the last norm nor a classifier.
    model.reset_classifier(0)
    with torch.no_grad():
        torch.nn.init.ones_(model.head.norm.weight)
        torch.nn.init.zeros_(model.head.norm.bias)
    encoder = {k: v for k, v in state.items()
               if not k.startswith(("norm.", "head."))}
    cases.run("meta_convnextv2_fcmae.pth", "Meta ConvNeXt V2, pre-training",
              model, {"model": encoder}, size=32, prefix="model.")


# EVA, DINOv3, Perception Encoder


def eva(**more):
    return randomised(Eva(**{**VIT, **more}))


DINOV3 = dict(img_size=224, patch_size=16, depth=1, num_reg_tokens=2,
              use_abs_pos_emb=False, use_rot_pos_emb=True, rope_type="dinov3",
              rope_temperature=100, rope_rotate_half=True, init_values=1e-5,
              use_fc_norm=False, num_classes=0, global_pool="token",
              norm_layer=functools.partial(torch.nn.LayerNorm, eps=1e-5))
PERCEPTION = dict(use_rot_pos_emb=True, ref_feat_shape=(2, 2),
                  rope_grid_offset=1.0, rope_grid_indexing="xy",
                  attn_type="rope", use_pre_transformer_norm=True,
                  global_pool="map", attn_pool_num_heads=8,
                  norm_layer=functools.partial(torch.nn.LayerNorm, eps=1e-5))


def eva_cases(cases):
    rope = dict(use_rot_pos_emb=True, ref_feat_shape=(16, 16), swiglu_mlp=True)
    cases.run("timm_eva02_tiny.safetensors", "timm's EVA", eva(**rope))
    cases.run("timm_eva01.safetensors", "timm's EVA", eva())
    second = eva(**rope, qkv_fused=False, scale_mlp=True,
                 scale_attn_inner=True, global_pool="token")
    state = renamed(second.state_dict(), (r"mlp\.norm", "mlp.ffn_ln"),
                    (r"attn\.norm", "attn.inner_attn_ln"),
                    (r"mlp\.fc1_g", "mlp.w1"), (r"mlp\.fc1_x", "mlp.w2"),
                    (r"mlp\.fc2", "mlp.w3"),
                    (r"q_proj\.bias", "q_bias"), (r"v_proj\.bias", "v_bias"))
    read = timm.models.eva.checkpoint_filter_fn(dict(state), second)
    assert all(torch.equal(read[k], v) for k, v in second.state_dict().items())
    cases.run("eva02.pth", "EVA-02", second, state)


def dinov3_cases(cases):
    model = eva(**DINOV3, swiglu_mlp=True, swiglu_align_to=8)
    state = renamed(model.state_dict(), (r"gamma_([12])", r"ls\1.gamma"),
                    ("reg_token", "storage_tokens"), ("fc1_g", "w1"),
                    ("fc1_x", "w2"), (r"mlp\.fc2", "mlp.w3"))
    q, v = (state.pop(f"blocks.0.attn.{n}_bias") for n in "qv")
    state["blocks.0.attn.qkv.bias"] = torch.cat([q, torch.zeros_like(q), v])
    state["blocks.0.attn.qkv.bias_mask"] = noise(48)
    state["mask_token"] = noise(1, 16)
    state["rope_embed.periods"] = noise(2)
    read = timm.models.eva.checkpoint_filter_fn(dict(state), model)
    assert all(torch.equal(read[k], v) for k, v in model.state_dict().items())
    cases.run("dinov3.pth", "DINOv3", model, state, size=224,
              ignored=["blocks.0.attn.qkv.bias_mask", "mask_token",
                       "rope_embed.periods"])


def perception_cases(cases):
    model = eva(**PERCEPTION)
    state = {}
    for name, tensor in model.state_dict().items():
        for pattern, to in (
                (r"^patch_embed\.proj", "conv1"), (r"^norm_pre", "ln_pre"),
                (r"^pos_embed$", "positional_embedding"),
                (r"^cls_token$", "class_embedding"), (r"^norm\.", "ln_post."),
                (r"^blocks\.", "transformer.resblocks."),
                (r"\.norm([12])\.", r".ln_\1."), (r"attn\.qkv\.", "attn.in_proj_"),
                (r"^attn_pool\.latent", "attn_pool.probe"),
                (r"^attn_pool\.norm", "attn_pool.layernorm"),
                (r"attn\.proj", "attn.out_proj"),
                (r"^attn_pool\.proj", "attn_pool.attn.out_proj"),
                (r"mlp\.fc1", "mlp.c_fc"), (r"mlp\.fc2", "mlp.c_proj")):
            name = re.sub(pattern, to, name)
        state["visual." + name] = tensor
    for kind in ("weight", "bias"):
        parts = [state.pop(f"visual.attn_pool.{n}.{kind}") for n in ("q", "kv")]
        state[f"visual.attn_pool.attn.in_proj_{kind}"] = torch.cat(parts)
    state["visual.proj"] = state.pop("visual.head.weight").T
    del state["visual.head.bias"]
    state["visual.class_embedding"] = state["visual.class_embedding"][0, 0]
    state["visual.positional_embedding"] = state["visual.positional_embedding"][0]
    with torch.no_grad():
        model.head.bias.zero_()
    read = timm.models.eva.checkpoint_filter_fn(dict(state), model)
    assert all(torch.equal(read[k], v) for k, v in model.state_dict().items())
    cases.run("perception_encoder.pth", "Perception Encoder", model, state)


# JAX


def flax(model, big_vision=False, stacked=False):
    """A timm ViT with Flax's names and axis order."""
    s = {k: v.numpy() for k, v in model.state_dict().items()}
    width, heads = VIT["embed_dim"], VIT["num_heads"]
    out = {"embedding/kernel": s["patch_embed.proj.weight"].transpose(2, 3, 1, 0),
           "embedding/bias": s["patch_embed.proj.bias"], "cls": s["cls_token"],
           "Transformer/encoder_norm/scale": s["norm.weight"],
           "Transformer/encoder_norm/bias": s["norm.bias"],
           "head/kernel": s["head.weight"].T, "head/bias": s["head.bias"]}
    position = ("pos_embedding" if big_vision else
                "Transformer/posembed_input/pos_embedding")
    out[position] = s["pos_embed"]
    attention, mlp, second = (0, 0, 1) if big_vision else (1, 3, 2)
    for i in range(VIT["depth"]):
        b, to = f"blocks.{i}.", f"Transformer/encoderblock_{i}/"
        for theirs, ours in (("0", "norm1"), (second, "norm2")):
            out[f"{to}LayerNorm_{theirs}/scale"] = s[f"{b}{ours}.weight"]
            out[f"{to}LayerNorm_{theirs}/bias"] = s[f"{b}{ours}.bias"]
        at = f"{to}MultiHeadDotProductAttention_{attention}/"
        weights = np.split(s[b + "attn.qkv.weight"], 3)
        biases = np.split(s[b + "attn.qkv.bias"], 3)
        for name, weight, bias in zip(("query", "key", "value"), weights, biases):
            out[f"{at}{name}/kernel"] = weight.T.reshape(width, heads, -1)
            out[f"{at}{name}/bias"] = bias.reshape(heads, -1)
        out[at + "out/kernel"] = s[b + "attn.proj.weight"].T.reshape(
            heads, -1, width)
        out[at + "out/bias"] = s[b + "attn.proj.bias"]
        for j in range(2):
            dense = f"{to}MlpBlock_{mlp}/Dense_{j}/"
            out[dense + "kernel"] = s[f"{b}mlp.fc{j + 1}.weight"].T
            out[dense + "bias"] = s[f"{b}mlp.fc{j + 1}.bias"]
    if not stacked:
        return out
    firsts = [name for name in out if "encoderblock_0/" in name]
    for name in firsts:
        blocks = [out.pop(name.replace("_0/", f"_{i}/", 1))
                  for i in range(VIT["depth"])]
        out[name.replace("encoderblock_0", "encoderblock")] = np.stack(blocks)
    return out


def flax_cases(cases):
    model = vit()
    for file, source, prefix, how in (
            ("augreg.npz", "AugReg (JAX)", "", {}),
            ("augreg_target.npz", "AugReg (JAX)", "opt/target/", {}),
            ("big_vision.npz", "big_vision (JAX)", "params/",
             dict(big_vision=True)),
            ("big_vision_stacked.npz", "big_vision (JAX)", "params/",
             dict(big_vision=True, stacked=True))):
        np.savez(FOLDER / file, **prefixed(flax(model, **how), prefix))
        read = VisionTransformer(**VIT)
        read.load_pretrained(str(FOLDER / file))
        for name, tensor in read.state_dict().items():
            assert torch.equal(tensor, model.state_dict()[name]), (file, name)
        with torch.no_grad():
            cases.add(file, source, model(images()))


# CLIP


def clip(quick_gelu):
    model = open_clip.model.CLIP(
        embed_dim=6,
        vision_cfg=open_clip.CLIPVisionCfg(
            layers=2, width=16, head_width=8, mlp_ratio=2, patch_size=4,
            image_size=SIZE),
        text_cfg=open_clip.CLIPTextCfg(**TEXT), quick_gelu=quick_gelu)
    return randomised(model)


def text_of(state):
    return [name for name in state if not name.startswith("visual.")]


def openai_clip(cases):
    """As OpenAI's archives: traced, matrices in float16, scalars as buffers."""
    model = clip(quick_gelu=True)
    open_clip.model.convert_weights_to_fp16(model)
    state = copy.deepcopy(model).float().state_dict()
    for name, number in (("input_resolution", SIZE), ("context_length", 8),
                         ("vocab_size", 20)):
        vars(model).pop(name, None)
        model.register_buffer(name, torch.tensor(number))
    rounded = clip(quick_gelu=True)
    rounded.load_state_dict(state)
    traced = torch.jit.trace_module(
        model, {"encode_image": images().half(),
                "encode_text": torch.zeros(2, 8, dtype=torch.long)},
        check_trace=False)
    torch.jit.save(traced, FOLDER / "openai_clip.pt")
    held = torch.jit.load(FOLDER / "openai_clip.pt").state_dict()
    assert held["visual.conv1.weight"].dtype == torch.float16
    with torch.no_grad():
        cases.add("openai_clip.pt", "OpenAI CLIP",
                  rounded.encode_image(images()), ignored=text_of(held),
                  activation="quick_gelu")
    half = {k: v for k, v in held.items()
            if k not in ("input_resolution", "context_length", "vocab_size")}
    save("openai_clip_state.pth", half)
    with torch.no_grad():
        cases.add("openai_clip_state.pth", "OpenAI CLIP",
                  rounded.encode_image(images()), ignored=text_of(half),
                  activation="quick_gelu")


@register_model
def vit_golden(pretrained=False, **kwargs):
    return configured(VisionTransformer, VIT, kwargs)


@register_model
def convnext_golden(pretrained=False, **kwargs):
    return configured(ConvNeXt, CONVNEXT, kwargs)


def configured(kind, arguments, more):
    model = kind(**{**arguments, **{
        k: v for k, v in more.items()
        if k in ("num_classes", "global_pool", "img_size")}})
    model.default_cfg = {}
    return model


def clipa():
    return randomised(open_clip.model.CLIP(
        embed_dim=6,
        vision_cfg=open_clip.CLIPVisionCfg(
            layers=2, width=16, head_width=8, mlp_ratio=2, patch_size=4,
            image_size=SIZE, no_ln_pre=True, pool_type="avg",
            final_ln_after_pool=True),
        text_cfg=open_clip.CLIPTextCfg(**TEXT)))


def tower(name, size, pool):
    model = open_clip.CustomTextCLIP(
        embed_dim=6,
        vision_cfg=open_clip.CLIPVisionCfg(
            timm_model_name=name, timm_pool=pool, timm_proj="linear",
            image_size=size),
        text_cfg=open_clip.CLIPTextCfg(**TEXT))
    return randomised(model)


def open_clip_cases(cases):
    with torch.no_grad():
        model = clip(quick_gelu=False)
        state = model.state_dict()
        save("open_clip.safetensors", state)
        cases.add("open_clip.safetensors", "open_clip",
                  model.encode_image(images()), ignored=text_of(state),
                  activation="gelu")
        save("open_clip_training.pth",
             {"epoch": 1, "name": "run",
              "state_dict": prefixed(state, "module.")})
        cases.add("open_clip_training.pth", "open_clip",
                  model.encode_image(images()), prefix="state_dict.module.",
                  ignored=["state_dict.module." + n for n in text_of(state)],
                  activation="gelu")
        model = clipa()
        state = model.state_dict()
        save("open_clip_clipa.safetensors", state)
        cases.add("open_clip_clipa.safetensors", "open_clip's CLIPA",
                  model.encode_image(images()), ignored=text_of(state),
                  activation="gelu")
        for name, size, pool, source in (
                ("vit_golden", SIZE, "token", "open_clip, timm's ViT"),
                ("convnext_golden", 32, "", "open_clip, timm's ConvNeXt")):
            model = tower(name, size, pool)
            file = f"open_clip_{name.removesuffix('_golden')}.safetensors"
            state = model.state_dict()
            save(file, state)
            cases.add(file, source, model.encode_image(images(size)),
                      ignored=text_of(state))


# transformers and torchvision


def hf_file(model, file):
    """What save_pretrained writes: files keep the names of 4.x."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        written = pathlib.Path(folder) / "model.safetensors"
        (FOLDER / file).write_bytes(written.read_bytes())


def hf_cases(cases):
    t = transformers
    with torch.no_grad():
        def add(file, source, model, output, size=SIZE, **more):
            hf_file(randomised(model), file)
            cases.add(file, source, output(model(images(size))), **more)

        logits = lambda out: out.logits
        first = lambda out: out.last_hidden_state[:, 0]
        model = t.ViTForImageClassification(t.ViTConfig(**HF, num_labels=5))
        add("hf_vit.safetensors", "Hugging Face ViT", model, logits)
        save("hf_vit_state.pth", model.state_dict())
        cases.add("hf_vit_state.pth", "Hugging Face ViT",
                  model(images()).logits)
        add("hf_vit_base.safetensors", "Hugging Face ViT",
            t.ViTModel(t.ViTConfig(**HF)), first,
            ignored=["pooler.dense.weight", "pooler.dense.bias"])
        add("hf_deit.safetensors", "Hugging Face DeiT",
            t.DeiTForImageClassificationWithTeacher(
                t.DeiTConfig(**HF, num_labels=5)), logits)
        dino = {**HF, "mlp_ratio": 2}
        del dino["intermediate_size"]
        add("hf_dinov2.safetensors", "Hugging Face DINOv2",
            t.Dinov2Model(t.Dinov2Config(**dino)), first,
            ignored=["embeddings.mask_token"])
        add("hf_dinov2_registers.safetensors",
            "Hugging Face DINOv2 with registers",
            t.Dinov2WithRegistersModel(t.Dinov2WithRegistersConfig(**dino)),
            first, ignored=["embeddings.mask_token"])
        add("hf_siglip.safetensors", "Hugging Face SigLIP",
            t.SiglipVisionModel(t.SiglipVisionConfig(**HF)),
            lambda out: out.pooler_output)
        for gated in (False, True):
            add(f"hf_dinov3{'_plus' if gated else ''}.safetensors",
                "Hugging Face DINOv3",
                t.DINOv3ViTModel(t.DINOv3ViTConfig(
                    **{**HF, "patch_size": 16, "num_hidden_layers": 1},
                    num_register_tokens=2, use_gated_mlp=gated,
                    # as the published ones
                    hidden_act="silu" if gated else "gelu")),
                first, size=224, ignored=["embeddings.mask_token"])
        add("hf_aimv2.safetensors", "Hugging Face AIMv2",
            t.Aimv2VisionModel(t.Aimv2VisionConfig(**HF, use_head=False)),
            lambda out: out.last_hidden_state.mean(1))
        model = randomised(t.CLIPVisionModelWithProjection(
            t.CLIPVisionConfig(**HF, projection_dim=6)))
        add("hf_clip.safetensors", "Hugging Face CLIP", model,
            lambda out: out.image_embeds, activation="quick_gelu")
        add("hf_convnext.safetensors", "Hugging Face ConvNeXt",
            t.ConvNextForImageClassification(t.ConvNextConfig(
                hidden_sizes=WIDTHS, depths=DEPTHS, num_labels=5)),
            logits, size=32)
        add("hf_convnextv2.safetensors", "Hugging Face ConvNeXt V2",
            t.ConvNextV2ForImageClassification(t.ConvNextV2Config(
                hidden_sizes=WIDTHS, depths=DEPTHS, num_labels=5,
                layer_norm_eps=1e-6)),
            logits, size=32)


def hf_form_cases(cases):
    """Image towers of transformers of other forms than ViT's."""
    t = transformers
    swiglu = {**HF, "mlp_ratio": 3, "use_swiglu_ffn": True}
    del swiglu["intermediate_size"]
    # No normalisation, which is outside of the model here, and positions that
    # need no interpolation. Two more tokens make the prefix unambiguous.
    radio = {**HF, "mlp_ratio": 2.0, "max_img_size": SIZE, "num_cls_tokens": 2,
             "num_registers": 2, "norm_mean": [0.0] * 3, "norm_std": [1.0] * 3}
    del radio["intermediate_size"]
    with torch.no_grad():
        def add(file, source, model, output, **more):
            hf_file(randomised(model), file)
            cases.add(file, source, output(model(images())), **more)

        first = lambda out: out.last_hidden_state[:, 0]
        pooled = lambda out: out.pooler_output
        masks = dict(ignored=["embeddings.mask_token"])
        add("hf_dinov2_giant.safetensors", "Hugging Face DINOv2",
            t.Dinov2Model(t.Dinov2Config(**swiglu)), first, **masks)
        add("hf_dinov2_registers_giant.safetensors",
            "Hugging Face DINOv2 with registers",
            t.Dinov2WithRegistersModel(t.Dinov2WithRegistersConfig(**swiglu)),
            first, **masks)
        for form, sizes in (("", {**swiglu, "use_swiglu_ffn": False}),
                            ("_giant", swiglu)):
            add(f"hf_tipsv2{form}.safetensors", "TIPSv2",
                t.Tipsv2VisionModel(t.Tipsv2VisionConfig(**sizes)), first,
                ignored=["mask_token"])
        add("hf_internvl.safetensors", "Hugging Face InternVL",
            t.InternVLVisionModel(t.InternVLVisionConfig(**HF)), first)
        add("hf_blip.safetensors", "Hugging Face BLIP",
            t.BlipVisionModel(t.BlipVisionConfig(**HF)), first)
        add("hf_owlvit.safetensors", "Hugging Face CLIP",
            t.OwlViTVisionModel(t.OwlViTVisionConfig(**HF)), pooled,
            activation="quick_gelu")
        add("hf_radio.safetensors", "RADIO",
            t.RadioModel(t.RadioConfig(**radio)), first,
            prefix="radio_model.model.")


def hf_wrapper_cases(cases):
    """Classes with other prefixes in their files, or other heads, than those of
    hf_cases."""
    t = transformers
    text = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
                intermediate_size=32, vocab_size=20,
                max_position_embeddings=12)
    with torch.no_grad():
        def add(file, source, model, output, size=SIZE, **more):
            hf_file(randomised(model), file)
            cases.add(file, source, output(model, images(size)), **more)

        logits = lambda model, x: model(x).logits
        labels = dict(num_labels=5)
        add("hf_ijepa.safetensors", "Hugging Face ViT",
            t.IJepaForImageClassification(t.IJepaConfig(**HF, **labels)),
            logits)
        add("hf_vit_msn.safetensors", "Hugging Face ViTMSN",
            t.ViTMSNForImageClassification(t.ViTMSNConfig(**HF, **labels)),
            logits)
        add("hf_clip_classifier.safetensors", "Hugging Face CLIP",
            t.CLIPForImageClassification(t.CLIPConfig(
                vision_config=HF, text_config=text, **labels)),
            lambda model, x: model.vision_model(x).pooler_output,
            ignored=["classifier.weight", "classifier.bias"],
            activation="quick_gelu")
        model = t.AltCLIPModel(t.AltCLIPConfig(
            vision_config=HF, text_config=dict(text, project_dim=16),
            projection_dim=6))
        add("hf_altclip.safetensors", "Hugging Face CLIP", model,
            lambda model, x: model.visual_projection(
                model.vision_model(x).pooler_output),
            ignored=[], activation="quick_gelu")
        names = safetensors.torch.load_file(FOLDER / "hf_altclip.safetensors")
        cases.rows[-1]["ignored"] = sorted(
            n for n in names if n.startswith(("text_", "logit_scale")))
        small = {k: v for k, v in VIT.items() if k != "num_classes"}
        add("hf_timm_wrapper.safetensors", "timm",
            t.TimmWrapperForImageClassification(t.TimmWrapperConfig(
                architecture="vit_golden", num_labels=5, model_args=small)),
            logits, prefix="timm_model.")


def hf_convnext_cases(cases):
    t = transformers
    sizes = dict(hidden_sizes=WIDTHS, depths=DEPTHS)
    last = lambda model, x: model(x).feature_maps[-1]

    def unnormed(model, x):
        """The mean of the last stage's map, without the backbone's norm."""
        inner = model.encoder(model.embeddings(x)).last_hidden_state
        return torch.nn.functional.layer_norm(
            inner.mean((2, 3)), WIDTHS[-1:], eps=1e-6)

    with torch.no_grad():
        def add(file, source, model, output, **more):
            hf_file(randomised(model), file)
            cases.add(file, source, output(model, images(32)), **more)

        norms = ["hidden_states_norms.stage4.weight",
                 "hidden_states_norms.stage4.bias"]
        add("hf_convnext_backbone.safetensors",
            "Hugging Face ConvNeXt, backbone",
            t.ConvNextBackbone(t.ConvNextConfig(**sizes)), unnormed,
            ignored=norms)
        add("hf_convnextv2_backbone.safetensors",
            "Hugging Face ConvNeXt V2, backbone",
            t.ConvNextV2Backbone(t.ConvNextV2Config(**sizes)), unnormed,
            ignored=norms)
        dinov3 = randomised(t.DINOv3ConvNextModel(
            t.DINOv3ConvNextConfig(**sizes)))
        add("hf_dinov3_convnext.safetensors", "Hugging Face DINOv3 ConvNeXt",
            dinov3, lambda model, x: model(x).pooler_output)
        save("hf_dinov3_convnext_state.pth", dinov3.state_dict())
        cases.add("hf_dinov3_convnext_state.pth",
                  "Hugging Face DINOv3 ConvNeXt",
                  dinov3(images(32)).pooler_output)
        backbone = t.DINOv3ConvNextBackbone(t.DINOv3ConvNextConfig(**sizes))
        add("hf_dinov3_convnext_backbone.safetensors",
            "Hugging Face DINOv3 ConvNeXt, backbone", backbone,
            lambda model, x: torch.nn.functional.layer_norm(
                last(model, x).mean((2, 3)), WIDTHS[-1:], eps=1e-6))


def convnext_form_cases(cases):
    """Forms of timm's ConvNeXt that only some of its models have."""
    cases.run("timm_convnext_ols.safetensors", "timm",
              convnext(stem_type="overlap_tiered"), size=32)
    cases.run("timm_convnext_rms.safetensors", "timm",
              convnext(norm_layer="rmsnorm"), size=32)
    cases.run("timm_convnext_mlp.safetensors", "timm",
              convnext(head_hidden_size=10), size=32)
    with torch.no_grad():
        model = open_clip.CustomTextCLIP(
            embed_dim=6,
            vision_cfg=open_clip.CLIPVisionCfg(
                timm_model_name="convnext_golden", timm_pool="",
                timm_proj="mlp", image_size=32),
            text_cfg=open_clip.CLIPTextCfg(**TEXT))
        state = randomised(model).state_dict()
        file = "open_clip_convnext_mlp.safetensors"
        save(file, state)
        cases.add(file, "open_clip, timm's ConvNeXt",
                  model.encode_image(images(32)), ignored=text_of(state))


def torchvision_cases(cases):
    model = randomised(torchvision.models.VisionTransformer(
        image_size=SIZE, patch_size=4, num_layers=2, num_heads=2,
        hidden_dim=16, mlp_dim=32, num_classes=5))
    source = "torchvision ViT"
    cases.run("torchvision_vit.pth", source, model)
    old = renamed(model.state_dict(), (r"mlp\.0\.", "mlp.linear_1."),
                  (r"mlp\.3\.", "mlp.linear_2."))
    cases.run("torchvision_vit_old.pth", source, model, old)
    cases.run("torchvision_convnext.pth", "torchvision ConvNeXt",
              torchvision_convnext(), size=32)


def torchvision_convnext():
    block = torchvision.models.convnext.CNBlockConfig
    outs = WIDTHS[1:] + [None]
    return randomised(torchvision.models.ConvNeXt(
        [block(*row) for row in zip(WIDTHS, outs, DEPTHS)], num_classes=5))


MAKERS = (timm_cases, deit_cases, dino_cases, mae_cases, official_cases,
          meta_cases, convnextv2_cases, eva_cases, dinov3_cases,
          perception_cases, flax_cases, openai_clip,
          open_clip_cases, hf_cases, hf_form_cases, hf_wrapper_cases,
          hf_convnext_cases,
          convnext_form_cases, torchvision_cases)


def add_to_written(cases, versions):
    """Adds the cases that are written, and not made again, from the files."""
    old = json.loads((FOLDER / "cases.json").read_text())
    assert old["versions"] == versions, "make all cases with these versions"
    outputs = safetensors.torch.load_file(FOLDER / "outputs.safetensors")
    made = {row["file"] for row in cases.rows}
    kept = [row for row in old["cases"] if row["file"] not in made]
    cases.rows = kept + cases.rows
    for row in kept:
        cases.outputs[row["file"]] = outputs[row["file"]]


def write(only):
    cases = Cases()
    for make in MAKERS:
        if not only or make.__name__ in only:
            make(cases)
    versions = {"torch": torch.__version__, "timm": timm.__version__,
                "torchvision": torchvision.__version__,
                "transformers": transformers.__version__,
                "open_clip": open_clip.__version__, "numpy": np.__version__}
    if only:
        add_to_written(cases, versions)
    safetensors.torch.save_file(cases.outputs, FOLDER / "outputs.safetensors")
    text = json.dumps({"versions": versions, "cases": cases.rows}, indent=1)
    (FOLDER / "cases.json").write_text(text + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", metavar="WSEL")
    parser.add_argument("--only", metavar="CASES", nargs="*", default=[],
                        choices=[make.__name__ for make in MAKERS])
    arguments = parser.parse_args()
    if arguments.check:
        sys.exit(not naming_check.run(arguments.check))
    FOLDER.mkdir(parents=True, exist_ok=True)
    write(arguments.only)


if __name__ == "__main__":
    main()
