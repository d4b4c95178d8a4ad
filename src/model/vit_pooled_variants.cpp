// timm's ViTs without a class token: SigLIP's, with attention or average
// pooling, and its own of the ImageNet recipes with registers.
#include <string>

#include "vit_sizes.h"

namespace wsel::model {
namespace {

// SigLIP and SigLIP 2, with their attention pooling or, as "gap", an average.
void AddSiglip(const Size& size, int64_t patch,
               std::initializer_list<int64_t> imgs, Activation activation,
               std::vector<Variant>& out) {
  for (const bool gap : {false, true}) {
    for (const int64_t img : imgs) {
      VitConfig c = Vit(size, patch, img);
      c.name = fmt::format("vit_{}_patch{}_siglip_{}{}", size.name, patch,
                           gap ? "gap_" : "", img);
      c.class_token = false;
      c.pooling = gap ? Pooling::kNormedAverage : Pooling::kAttention;
      c.activation = activation;
      if (size.name == kSo400m.name) c.mlp_ratio = 3.7362;
      out.push_back({c, {}});
    }
  }
}

// With registers and a norm after average pooling.
VitConfig Reg(const Size& size, int64_t registers, int64_t img) {
  VitConfig c = Vit(size, 16, img);
  c.name =
      fmt::format("vit_{}_patch16_reg{}_gap_{}", size.name, registers, img);
  c.class_token = false;
  c.no_embed_class = true;
  c.reg_tokens = registers;
  c.pooling = Pooling::kAverage;
  c.layer_scale = 1e-5;
  if (size.name == kWee.name) c.mlp_ratio = 5;
  if (size.name == kLittle.name) c.mlp_ratio = 5.6;
  return c;
}

void AddRegs(std::vector<Variant>& out) {
  const auto add = [&](const VitConfig& c) { out.push_back({c, {}}); };
  add(Reg(kWee, 1, 256));
  add(Reg(kLittle, 1, 256));
  add(Reg(kLittle, 4, 256));
  add(Reg(kMedium, 1, 256));
  add(Reg(kMedium, 4, 256));
  add(Reg(kMediumD, 4, 256));
  add(Reg(kMediumD, 4, 384));
  add(Reg(kBetwixt, 1, 256));
  add(Reg(kBetwixt, 4, 256));
  add(Reg(kBetwixt, 4, 384));
  VitConfig base = Reg(kBase, 4, 256);
  base.layer_scale = 0;
  add(base);
}

// The shape-optimised models of 150 M parameters.
void AddSo150m(std::vector<Variant>& out) {
  for (const int64_t img : {256, 384, 448}) {
    VitConfig c = Reg(kSo150m2, 1, img);
    c.no_embed_class = false;
    c.qkv_bias = false;
    c.mlp_ratio = 2.6153846153846154;
    out.push_back({c, {}});
  }
  for (const int64_t img : {256, 384}) {
    VitConfig c = Reg(kSo150m, 4, img);
    c.no_embed_class = false;
    c.layer_scale = 0;
    c.pooling = Pooling::kNormedAverage;
    c.mlp_ratio = 2.572;
    out.push_back({c, {}});
  }
  VitConfig c = Vit(kSo150m, 16, 256);
  c.name = "vit_so150m_patch16_reg4_map_256";
  c.class_token = false;
  c.reg_tokens = 4;
  c.pooling = Pooling::kAttention;
  c.mlp_ratio = 2.572;
  out.push_back({c, {}});
}

void AddGaps(std::vector<Variant>& out) {
  // Without published weights, unlike SigLIP's models of these tensors.
  VitConfig base = Gap(kBase, 224);
  base.num_heads = 16;  // of 48 channels, as in timm
  out.push_back({base, {}});
  VitConfig betwixt = Gap(kBetwixt, 256);
  betwixt.qkv_bias = false;
  betwixt.layer_scale = 1e-6;
  out.push_back({betwixt, {}});
  VitConfig huge = Gap(kHuge, 224);
  huge.patch_size = 14;
  huge.name = "vit_huge_patch14_gap_224";
  out.push_back({huge, {}});
  out.push_back({Gap(kHuge, 448), {}});
  VitConfig giant = Gap(kGiant, 224);
  giant.mlp_ratio = 48.0 / 11;
  out.push_back({giant, {}});
}

}  // namespace

void AddPooledVits(std::vector<Variant>& out) {
  constexpr auto kGelu = Activation::kGelu;
  constexpr auto kTanh = Activation::kGeluTanh;
  AddSiglip(kBase, 16, {224, 256, 384, 512}, kGelu, out);
  AddSiglip(kBase, 32, {256}, kTanh, out);
  AddSiglip(kLarge, 16, {256, 384}, kGelu, out);
  AddSiglip(kLarge, 16, {512}, kTanh, out);
  AddSiglip(kSo400m, 14, {224, 378}, kGelu, out);
  AddSiglip(kSo400m, 16, {256, 384, 512}, kTanh, out);
  AddSiglip(kGiantOpt, 16, {256, 384}, kTanh, out);
  for (const int64_t img : {448, 896}) {  // PaliGemma
    VitConfig c = Gap(kSo400m, img);
    c.patch_size = 14;
    c.mlp_ratio = 3.7362;
    c.name = fmt::format("vit_so400m_patch14_siglip_gap_{}", img);
    out.push_back({c, {}});
  }
  AddGaps(out);
  AddRegs(out);
  AddSo150m(out);
}

}  // namespace wsel::model
