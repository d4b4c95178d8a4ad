// timm's VisionTransformers of other forms: FlexiViT, large plain ones, RADIO,
// InternViT, AIMv2, BEiT-3, DINOv2-g, differential, parallel and post-norm
// blocks, and its models for tests.
#include <string>

#include "vit_sizes.h"

namespace wsel::model {
namespace {

void AddLarge(std::vector<Variant>& out) {
  out.push_back({Vit(kHuge, 14, 224), {"ViT-H/14"}});
  VitConfig giant = Vit(kGiant, 14, 224);
  giant.mlp_ratio = 48.0 / 11;
  out.push_back({giant, {}});
  for (const int64_t img : {224, 336, 378}) {
    VitConfig c = Vit(kHuge, 14, img);
    c.name = fmt::format("vit_huge_patch14_clip_{}", img);
    c.pre_norm = true;
    c.norm_eps = 1e-5;
    out.push_back({c, {}});
  }
  VitConfig clip = giant;
  clip.name = "vit_giant_patch14_clip_224";
  clip.pre_norm = true;
  clip.norm_eps = 1e-5;
  out.push_back({clip, {}});
  VitConfig deit3 = Vit(kHuge, 14, 224);
  deit3.name = "deit3_huge_patch14_224";
  deit3.no_embed_class = true;
  deit3.layer_scale = 1e-6;
  out.push_back({deit3, {}});
}

void AddFlexi(std::vector<Variant>& out) {
  for (const Size& size : {kSmall, kBase, kLarge}) {
    VitConfig c = Vit(size, 16, 240);
    c.name = fmt::format("flexivit_{}", size.name);
    c.no_embed_class = true;
    out.push_back({c, {}});
  }
}

VitConfig Radio(const Size& size, int64_t version, int64_t registers) {
  VitConfig c = Vit(size, 16, 512);
  c.name = fmt::format("vit_{}_patch16_radio_v{}", size.name, version);
  c.reg_tokens = registers;
  c.no_embed_class = true;
  c.final_norm = false;
  return c;
}

void AddWithoutFinalNorm(std::vector<Variant>& out) {
  for (const Size& size : {kBase, kLarge}) {
    VitConfig c = Radio(size, 3, 7);
    c.layer_scale = 1e-5;
    out.push_back({c, {}});
  }
  out.push_back({Radio(kHuge, 3, 7), {}});
  out.push_back({Radio(kHuge, 4, 9), {}});
  VitConfig so400m = Radio(kSo400m, 4, 9);
  so400m.mlp_ratio = 3.736111111111111;
  out.push_back({so400m, {}});
  VitConfig intern = Vit(kLarge, 14, 448);
  intern.name = "vit_intern300m_patch14_448";
  intern.layer_scale = 0.1;
  intern.final_norm = false;
  out.push_back({intern, {}});
}

void AddAimv2(std::vector<Variant>& out) {
  const Size sizes[] = {{"large", "L", 1024, 24, 8},
                        {"huge", "H", 1536, 24, 12},
                        {"1b", "", 2048, 24, 16}};
  for (const Size& size : sizes) {
    for (const int64_t img : {224, 336, 448}) {
      VitConfig c = Vit(size, 14, img);
      c.name = fmt::format("aimv2_{}_patch14_{}", size.name, img);
      c.class_token = false;
      c.pooling = Pooling::kNormedAverage;
      c.mlp_ratio = size.name == "huge" ? 2.6667 : 2.75;
      c.norm = Norm::kRmsNorm;
      c.norm_eps = 1e-5;
      c.embed_norm = true;
      c.qkv_bias = false;
      c.proj_bias = false;
      c.mlp = MlpForm::kSwiGlu;
      c.activation = Activation::kSilu;
      out.push_back({c, {}});
    }
  }
}

void AddBeit3(std::vector<Variant>& out) {
  for (const Size& size : {kBase, kLarge, kGiant}) {
    const bool giant = size.name == kGiant.name;
    for (const int64_t img : {224, 336}) {
      if (img == 336 && !giant) continue;
      VitConfig c = Vit(size, giant ? 14 : 16, img);
      c.name = "beit3_" + c.name.substr(4);
      c.scale_attn_norm = true;
      c.scale_mlp_norm = true;
      c.pooling = Pooling::kAverage;
      c.norm_eps = 1e-5;
      if (giant) c.mlp_ratio = 4.3637;
      out.push_back({c, {}});
    }
  }
}

// DINOv2's largest, and TIPSv2: they differ in the registers.
void AddDinov2Giant(std::vector<Variant>& out) {
  const Size giant = {"giant", "g", 1536, 40, 24};
  const auto add = [&](VitConfig c, std::string_view name, int64_t registers,
                       double scale) {
    c.name = name;
    c.reg_tokens = registers;
    c.no_embed_class = registers > 0;
    c.layer_scale = scale;
    out.push_back({c, {}});
  };
  VitConfig swiglu = Vit(giant, 14, 518);
  swiglu.mlp_ratio = 2.66667;
  swiglu.mlp = MlpForm::kSwiGluPacked;
  swiglu.activation = Activation::kSilu;
  add(swiglu, "vit_giant_patch14_dinov2", 0, 1e-5);
  add(swiglu, "vit_giant_patch14_reg4_dinov2", 4, 1e-5);
  swiglu.img_size = 448;
  add(swiglu, "vit_giant_patch14_reg1_tipsv2", 1, 1);
  add(Vit(kBase, 14, 448), "vit_base_patch14_reg1_tipsv2", 1, 1);
  add(Vit(kLarge, 14, 448), "vit_large_patch14_reg1_tipsv2", 1, 1);
  VitConfig so400m = Vit(kSo400m, 14, 448);
  so400m.mlp_ratio = 3.736111111111111;
  add(so400m, "vit_so400m_patch14_reg1_tipsv2", 1, 1);
}

// Differential and parallel blocks.
VitConfig Sbb(std::string_view name, const Size& size, double mlp_ratio) {
  VitConfig c = Vit(size, 16, 256);
  c.name = fmt::format("vit_{}_patch16_reg1_gap_256", name);
  c.class_token = false;
  c.no_embed_class = true;
  c.reg_tokens = 1;
  c.pooling = Pooling::kAverage;
  c.layer_scale = 1e-5;
  c.mlp_ratio = mlp_ratio;
  return c;
}

void AddBlocks(std::vector<Variant>& out) {
  const Size deeper = {"", "", 256, 16, 4};
  VitConfig dwee = Sbb("dwee", kWee, 5);
  dwee.diff_attn = true;
  out.push_back({dwee, {}});
  VitConfig dlittle = Sbb("dlittle", kLittle, 5.6);
  dlittle.diff_attn = true;
  out.push_back({dlittle, {}});
  VitConfig pwee = Sbb("pwee", deeper, 5);
  pwee.block = BlockForm::kParallel;
  out.push_back({pwee, {}});
  VitConfig dpwee = Sbb("dpwee", deeper, 5);
  dpwee.block = BlockForm::kParallel;
  dpwee.diff_attn = true;
  out.push_back({dpwee, {}});
  VitConfig rpn = Vit(kBase, 16, 224);
  rpn.name = "vit_base_patch16_rpn_224";
  rpn.class_token = false;
  rpn.pooling = Pooling::kAverage;
  rpn.qkv_bias = false;
  rpn.layer_scale = 1e-5;
  rpn.block = BlockForm::kPostNorm;
  out.push_back({rpn, {}});
}

void AddTests(std::vector<Variant>& out) {
  VitConfig c = Vit({"", "", 64, 6, 2}, 16, 160);
  c.name = "test_vit";
  c.mlp_ratio = 3;
  out.push_back({c, {}});
  c = Vit({"", "", 64, 8, 2}, 16, 160);
  c.name = "test_vit2";
  c.mlp_ratio = 3;
  c.class_token = false;
  c.reg_tokens = 1;
  c.pooling = Pooling::kAverage;
  c.layer_scale = 1e-5;
  out.push_back({c, {}});
  c = Vit({"", "", 96, 9, 3}, 16, 160);
  c.name = "test_vit3";
  c.mlp_ratio = 2;
  c.class_token = false;
  c.reg_tokens = 1;
  c.pooling = Pooling::kAttention;
  c.pool_include_prefix = true;
  c.layer_scale = 1e-5;
  out.push_back({c, {}});
  c.name = "test_vit4";
  c.mlp_ratio = 3;
  c.pooling = Pooling::kAverage;
  c.pool_include_prefix = false;
  c.norm = Norm::kRmsNorm;
  out.push_back({c, {}});
}

}  // namespace

void AddOtherVits(std::vector<Variant>& out) {
  AddLarge(out);
  AddFlexi(out);
  AddWithoutFinalNorm(out);
  AddAimv2(out);
  AddBeit3(out);
  AddDinov2Giant(out);
  AddBlocks(out);
  AddTests(out);
}

}  // namespace wsel::model
