"""coverage.py: the image models of transformers, small, as save_pretrained
writes them."""

import json

import safetensors
import torch
import transformers as hf

from coverage_program import Seen, write_shapes
from coverage_timm import judge, with_selection

SIZES = dict(hidden_size=192, num_hidden_layers=2, num_attention_heads=3,
             intermediate_size=768, image_size=64, patch_size=16)
HUGE = {**SIZES, "hidden_size": 1280, "num_attention_heads": 16,
        "intermediate_size": 5120}
STAGES = dict(hidden_sizes=[16, 32, 48, 64], depths=[1, 1, 1, 1])
ACTIVATIONS = {"gelu": "gelu", "quick_gelu": "quick_gelu", "relu": "relu",
               "gelu_pytorch_tanh": "gelu_tanh", "silu": "silu"}
# Of these the names in files are not those of a state_dict().
BY_FILE = ["RadioModel", "Tipsv2VisionModel"]
SWIGLU = {k: v for k, v in SIZES.items() if k != "intermediate_size"}
# Forms of the configs' model types, as the end of "it has ...".
FORMS = {"siglip": ["attention pooling"], "siglip_vision_model":
         ["attention pooling"], "dinov3_vit": ["rotary positions"],
         "aimv2_vision_model": ["RMSNorm"], "aimv2": ["RMSNorm"],
         "swin": ["shifted windows"]}


def case(model, arguments, **more):
    """A class, its config's arguments, and the processor's mean if it is not
    the library's own."""
    return model, {**arguments, **more}


CASES = [
    case("ViTModel", SIZES),
    case("ViTForImageClassification", SIZES),
    case("ViTForImageClassification", SIZES, hidden_act="gelu_pytorch_tanh"),
    case("ViTForImageClassification", SIZES, hidden_act="relu"),
    case("ViTForImageClassification", SIZES, layer_norm_eps=1e-6),
    case("ViTForImageClassification", SIZES, qkv_bias=False),
    case("ViTForImageClassification", HUGE),
    case("ViTForImageClassification", SIZES, num_attention_heads=6),
    case("ViTForMaskedImageModeling", SIZES, encoder_stride=16),
    case("DeiTModel", SIZES),
    case("DeiTForImageClassification", SIZES),
    case("DeiTForImageClassificationWithTeacher", SIZES),
    case("Dinov2Model", SIZES), case("Dinov2ForImageClassification", SIZES),
    case("Dinov2Model", SIZES, layer_norm_eps=1e-5),
    case("Dinov2Backbone", SIZES),
    case("Dinov2WithRegistersModel", SIZES),
    case("Dinov2WithRegistersForImageClassification", SIZES),
    # With registers, as all that are published.
    case("DINOv3ViTModel", SIZES, num_register_tokens=4),
    case("DINOv3ViTModel", SIZES, num_register_tokens=4, use_gated_mlp=True,
         hidden_act="silu"),
    case("DINOv3ConvNextModel", STAGES),
    case("CLIPVisionModel", SIZES),
    case("CLIPVisionModel", SIZES, hidden_act="gelu"),
    case("CLIPVisionModelWithProjection", SIZES, projection_dim=32),
    case("CLIPVisionModelWithProjection", HUGE, projection_dim=32,
         hidden_act="gelu"),
    case("CLIPForImageClassification", SIZES),
    case("MetaClip2VisionModel", SIZES),
    case("SiglipVisionModel", SIZES),
    case("SiglipForImageClassification", SIZES),
    case("ConvNextModel", STAGES), case("ConvNextForImageClassification", STAGES),
    case("ConvNextForImageClassification", STAGES,
         hidden_act="gelu_pytorch_tanh"),
    case("ConvNextBackbone", STAGES),
    case("ConvNextV2Model", STAGES),
    case("ConvNextV2ForImageClassification", STAGES),
    case("ViTMAEModel", SIZES), case("ViTMAEForPreTraining", SIZES),
    case("ViTMSNModel", SIZES), case("ViTMSNForImageClassification", SIZES),
    case("IJepaModel", SIZES), case("IJepaForImageClassification", SIZES),
    case("IJepaModel", HUGE),
    case("Aimv2VisionModel", SIZES),
    case("DPTModel", SIZES), case("FlavaImageModel", SIZES),
    case("Dinov2Model", SWIGLU, use_swiglu_ffn=True),
    case("Dinov2WithRegistersModel", SWIGLU, use_swiglu_ffn=True),
    case("Tipsv2VisionModel", SWIGLU),
    case("Tipsv2VisionModel", SWIGLU, use_swiglu_ffn=True),
    case("InternVLVisionModel", SIZES),
    case("BlipVisionModel", SIZES), case("Blip2VisionModel", SIZES),
    case("OwlViTVisionModel", SIZES), case("Owlv2VisionModel", SIZES),
    case("RadioModel", SWIGLU, max_img_size=64),
]


def config_of(model, arguments):
    """The config; of models with towers the image tower has the arguments."""
    kind = getattr(hf, model).config_class
    if "vision_config" in getattr(kind, "sub_configs", {}):
        return kind(vision_config=arguments)
    return kind(**arguments)


def expected(config, shapes):
    """The properties that follow from a config."""
    vision = getattr(config, "vision_config", config)
    stages = getattr(vision, "hidden_sizes", None)
    if stages and hasattr(vision, "depths"):
        v2 = "convnextv2" in config.model_type
        return {"family": "convnextv2" if v2 else "convnext", "dims": stages,
                "depths": vision.depths,
                **({} if v2 else {"activation": ACTIVATIONS[vision.hidden_act]})}
    out = {"family": "vit", "embed_dim": vision.hidden_size,
           "depth": vision.num_hidden_layers,
           "num_heads": vision.num_attention_heads,
           "patch_size": vision.patch_size, "img_size": vision.image_size}
    for name in ("layer_norm_eps", "rms_norm_eps"):
        if hasattr(vision, name):
            out["norm_eps"] = getattr(vision, name)
    for name in ("img_size", "patch_size"):
        if isinstance(out[name], (list, tuple)):
            out[name] = out[name][0]
    if getattr(vision, "use_swiglu_ffn", False):
        out["activation"] = "silu"  # whatever hidden_act states
    elif getattr(vision, "use_gated_mlp", False):
        out["activation"] = "gelu"  # as timm's Eva states, beside SwiGLU
    elif hasattr(vision, "hidden_act"):
        out["activation"] = ACTIVATIONS[vision.hidden_act]
    out["qkv_bias"] = any("q" in name and name.endswith("bias")
                          for name in shapes)
    return out


def shapes_of(model, config, folder):
    """The names and shapes in the model's file."""
    if model in BY_FILE:
        getattr(hf, model)(config).save_pretrained(folder)
        with safetensors.safe_open(folder / "model.safetensors", "pt") as file:
            shapes = {k: tuple(file.get_slice(k).get_shape())
                      for k in file.keys()}
        # An index list, no weights.
        shapes.pop("radio_model.summary_idxs", None)
        return shapes
    with torch.device("meta"):
        built = getattr(hf, model)(config)
    return {k: tuple(v.shape) for k, v in built.state_dict().items()
            if v.dtype.is_floating_point}


def processor(config):
    """The images that the library's processor makes for the model."""
    clip = "clip" in config.model_type
    mean = [0.48145466, 0.4578275, 0.40821073] if clip else [0.5, 0.5, 0.5]
    std = [0.26862954, 0.26130258, 0.27577711] if clip else [0.5, 0.5, 0.5]
    return {"image_mean": mean, "image_std": std, "resample": 3,
            "crop_size": {"height": 64, "width": 64},
            "size": {"shortest_edge": 64}}


def words(case):
    """"CLASS key=value": what of its config is not as usual."""
    model, arguments = case
    changed = (f"{k}={v}" for k, v in arguments.items()
               if v != SIZES.get(k, STAGES.get(k)))
    return f"{model} {' '.join(changed)}".strip()


def names():
    return [words(case) for case in CASES]


def row(wsel, folder, name):
    model, arguments = next(case for case in CASES if words(case) == name)
    config = config_of(model, arguments)
    path = folder / "hf" / "model.safetensors"
    shapes = shapes_of(model, config, folder / "hf")
    write_shapes(path, shapes)
    images = processor(config)
    written = {**config.to_dict(), "architectures": [model]}
    path.with_name("config.json").write_text(json.dumps(written, default=str))
    path.with_name("preprocessor_config.json").write_text(json.dumps(images))
    seen = Seen(wsel, path)
    wanted = expected(config, shapes)
    verdict = judge(seen, wanted, {"mean": images["image_mean"],
                                   "std": images["image_std"]},
                    FORMS.get(config.model_type, []))
    return {"tag": name, "verdicts": {"beside": with_selection(
        verdict, seen, wsel, path, seen.model or wanted)}}
