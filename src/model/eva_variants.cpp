// timm's Evas: EVA, EVA-02, DINOv3, Perception Encoder, RoPE-ViT and its own
// with rotary positions.
#include <string>

#include "vit_sizes.h"

namespace wsel::model {
namespace {

void AddEva(std::vector<Variant>& out) {
  for (const int64_t img : {224, 336, 560}) {
    VitConfig c = Vit(kGiant, 14, img);
    c.name = fmt::format("eva_giant_patch14_{}", img);
    c.mlp_ratio = 48.0 / 11;
    c.qkv = Qkv::kQvBias;
    c.pooling = Pooling::kAverage;
    out.push_back({c, {}});
  }
  VitConfig clip = Vit(kGiant, 14, 224);
  clip.name = "eva_giant_patch14_clip_224";
  clip.mlp_ratio = 48.0 / 11;
  clip.qkv = Qkv::kQvBias;
  out.push_back({clip, {}});
}

VitConfig Eva02(const Size& size, int64_t patch, int64_t img) {
  VitConfig c = Vit(size, patch, img);
  c.name = fmt::format("eva02_{}_patch{}_{}", size.name, patch, img);
  c.mlp_ratio = 8.0 / 3;
  c.rope = Rope::kAxial;
  c.rope_ref_grid = 16;
  c.pooling = Pooling::kAverage;
  const bool small = size.width < kBase.width;
  c.qkv = small ? Qkv::kQvBias : Qkv::kSeparate;
  c.mlp = small ? MlpForm::kSwiGluPacked : MlpForm::kSwiGlu;
  c.scale_mlp_norm = !small;
  return c;
}

VitConfig Eva02Clip(const Size& size, int64_t patch, int64_t img) {
  VitConfig c = Eva02(size, patch, img);
  c.name = fmt::format("eva02_{}_patch{}_clip_{}", size.name, patch, img);
  c.pooling = Pooling::kToken;
  c.scale_attn_norm = true;
  return c;
}

void AddEva02(std::vector<Variant>& out) {
  for (const Size& size : {kTiny, kSmall}) {
    for (const int64_t img : {224, 336}) {
      out.push_back({Eva02(size, 14, img), {}});
    }
  }
  for (const Size& size : {kBase, kLarge}) {
    for (const int64_t img : {224, 448}) {
      out.push_back({Eva02(size, 14, img), {}});
    }
  }
  out.push_back({Eva02Clip(kBase, 16, 224), {}});
  out.push_back({Eva02Clip(kLarge, 14, 224), {}});
  out.push_back({Eva02Clip(kLarge, 14, 336), {}});
}

VitConfig Dinov3(const Size& size, std::string_view plus, bool biased) {
  VitConfig c = Vit(size, 16, 256);
  c.name = fmt::format("vit_{}{}_patch16_dinov3{}", size.name, plus,
                       biased ? "_qkvb" : "");
  c.rope = Rope::kDinov3;
  c.rope_temperature = 100;
  c.rope_rotate_half = true;
  c.pos_embed = false;
  c.reg_tokens = 4;
  c.layer_scale = 1e-5;
  c.norm_eps = 1e-5;
  c.pooling = Pooling::kNormedAverage;
  c.qkv_bias = biased;
  if (biased) c.qkv = Qkv::kQvBias;
  if (!plus.empty()) c.mlp = MlpForm::kSwiGlu;
  return c;
}

void AddDinov3(std::vector<Variant>& out) {
  const Size huge = {"huge", "H", 1280, 32, 20};
  out.push_back({Dinov3(kTiny, "", true), {}});
  for (const bool biased : {false, true}) {
    for (const Size& size : {kSmall, kBase, kLarge}) {
      out.push_back({Dinov3(size, "", biased), {}});
    }
    for (const Size& size : {kSmall, huge}) {
      out.push_back({Dinov3(size, "_plus", biased), {}});
    }
  }
}

// LingBot-Vision: DINOv3's form, pooled by its class token.
void AddLingbot(std::vector<Variant>& out) {
  for (const Size& size : {kSmall, kBase, kLarge}) {
    VitConfig c = Dinov3(size, "", true);
    c.name = fmt::format("vit_{}_patch16_lingbot", size.name);
    c.img_size = 512;
    c.pooling = Pooling::kToken;
    out.push_back({c, {}});
  }
}

VitConfig Perception(const Size& size, std::string_view kind, int64_t patch,
                     int64_t img) {
  VitConfig c = Vit(size, patch, img);
  c.name = fmt::format("vit_pe_{}_{}_patch{}_{}", kind, size.name, patch, img);
  c.rope = Rope::kAxial;
  c.rope_xy = true;
  c.rope_grid_offset = 1;
  c.rope_ref_grid = c.GridSize().height;
  c.pre_norm = true;
  c.norm_eps = 1e-5;
  return c;
}

void AddPerceptionEncoders(std::vector<Variant>& out) {
  const auto core = [&](const Size& size, int64_t patch, int64_t img) {
    VitConfig c = Perception(size, "core", patch, img);
    c.pooling = Pooling::kAttention;
    c.pool_include_prefix = true;
    c.attn_pool_heads = 8;
    out.push_back({c, {}});
  };
  core(kTiny, 16, 384);
  core(kSmall, 16, 384);
  core(kBase, 16, 224);
  core(kLarge, 14, 336);
  const auto raw = [&](const Size& size, std::string_view kind, int64_t patch,
                       int64_t img, double layer_scale) {
    VitConfig c = Perception(size, kind, patch, img);
    c.final_norm = false;
    c.pooling = Pooling::kNormedAverage;
    c.layer_scale = layer_scale;
    out.push_back({c, {}});
  };
  for (const Size& size : {kTiny, kSmall, kBase}) {
    raw(size, "spatial", 16, 512, 0);
  }
  raw(kLarge, "spatial", 14, 448, 0);
  Size lang = kLarge;
  lang.depth = 23;
  raw(lang, "lang", 14, 448, 0.1);
}

// Heo et al. 2024, "Rotary Position Embedding for Vision Transformer".
void AddRopeVits(std::vector<Variant>& out) {
  for (const Size& size : {kSmall, kBase, kLarge}) {
    for (const Rope rope : {Rope::kAxial, Rope::kMixed}) {
      for (const bool absolute : {false, true}) {
        const bool mixed = rope == Rope::kMixed;
        VitConfig c = Vit(size, 16, 224);
        c.name = fmt::format("vit_{}_patch16_rope_{}{}224", size.name,
                             mixed ? "mixed_" : "", absolute ? "ape_" : "");
        c.rope = rope;
        c.rope_xy = true;
        c.rope_temperature = mixed ? 10 : 100;
        c.layer_scale = 1e-5;
        c.pos_embed = absolute;
        c.no_embed_class = absolute;
        out.push_back({c, {}});
      }
    }
  }
}

void AddRopeRegs(std::vector<Variant>& out) {
  const auto add = [&](const Size& size, int64_t registers, bool qkv_bias) {
    VitConfig c = Vit(size, 16, 256);
    c.name =
        fmt::format("vit_{}_patch16_rope_reg{}_gap_256", size.name, registers);
    c.rope = Rope::kAxial;
    c.rope_ref_grid = 16;
    c.pos_embed = false;
    c.class_token = false;
    c.reg_tokens = registers;
    c.pooling = Pooling::kAverage;
    c.layer_scale = 1e-5;
    c.qkv_bias = qkv_bias;
    if (qkv_bias) c.qkv = Qkv::kQvBias;
    out.push_back({c, {}});
  };
  add(kMedium, 1, true);
  add(kMediumD, 1, false);
  add(kBetwixt, 4, true);
  add(kBase, 1, true);
}

}  // namespace

void AddEvas(std::vector<Variant>& out) {
  AddEva(out);
  AddEva02(out);
  AddDinov3(out);
  AddLingbot(out);
  AddPerceptionEncoders(out);
  AddRopeVits(out);
  AddRopeRegs(out);
}

}  // namespace wsel::model
