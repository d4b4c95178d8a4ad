#include <fmt/format.h>

#include <cctype>

#include "vit.h"
#include "vit_sizes.h"

namespace wsel::model {
namespace {

VitConfig Deit(const Size& size, int64_t img, bool distilled) {
  VitConfig c = Vit(size, 16, img);
  c.name = fmt::format("deit_{}_{}patch16_{}", size.name,
                       distilled ? "distilled_" : "", img);
  c.dist_token = distilled;
  return c;
}

VitConfig Deit3(const Size& size, int64_t img) {
  VitConfig c = Vit(size, 16, img);
  c.name = fmt::format("deit3_{}_patch16_{}", size.name, img);
  c.no_embed_class = true;
  c.layer_scale = 1e-6;
  return c;
}

VitConfig Dinov2(const Size& size, bool registers) {
  VitConfig c = Vit(size, 14, 518);
  c.name = fmt::format("vit_{}_patch14_{}dinov2", size.name,
                       registers ? "reg4_" : "");
  c.layer_scale = 1e-5;
  c.reg_tokens = registers ? 4 : 0;
  c.no_embed_class = registers;
  return c;
}

VitConfig Clip(const Size& size, int64_t patch, int64_t img,
               Activation activation) {
  VitConfig c = Vit(size, patch, img);
  const bool quick = activation == Activation::kQuickGelu;
  c.name = fmt::format("vit_{}_patch{}_clip_{}{}", size.name, patch,
                       quick ? "quickgelu_" : "", img);
  c.pre_norm = true;
  c.norm_eps = 1e-5;
  c.activation = activation;
  return c;
}

VitConfig GapMedium(int64_t img) {
  VitConfig c = Gap(kMedium, img);
  c.qkv_bias = false;
  c.layer_scale = 1e-6;
  return c;
}

using Aliases = std::vector<std::string>;

// Aliases of a plain ViT at image size 224: its size if the patch size is 16
// (large too: the paper's ViT-L), and size/patch.
Aliases VitAliases(const Size& size, int64_t patch, int64_t img) {
  if (img != 224) return {};
  const std::string by_patch = fmt::format("ViT-{}/{}", size.letter, patch);
  if (patch != 16) return {by_patch};
  return {fmt::format("vit_{}", size.name), fmt::format("ViT-{}", size.letter),
          by_patch};
}

void AddVits(std::vector<Variant>& out) {
  const auto add = [&](const Size& size, int64_t patch,
                       std::initializer_list<int64_t> imgs) {
    for (const int64_t img : imgs) {
      out.push_back({Vit(size, patch, img), VitAliases(size, patch, img)});
    }
  };
  add(kA, 16, {224});
  add(kTiny, 16, {224, 384});
  add(kSmall, 16, {224, 384});
  add(kSmall, 8, {224});
  add(kSmall, 32, {224, 384});
  add(kBase, 16, {224, 384});
  add(kBase, 8, {224});
  add(kBase, 32, {224, 384});
  add(kLarge, 16, {224, 384});
  add(kLarge, 14, {224});
  add(kLarge, 32, {224, 384});
  for (const int64_t img : {240, 256, 384}) out.push_back({GapMedium(img), {}});
}

void AddDeits(std::vector<Variant>& out) {
  const auto add = [&](const Size& size, int64_t img) {
    Aliases plain;
    Aliases distilled;
    if (img == 224) {
      plain = {fmt::format("deit_{}", size.name),
               fmt::format("DeiT-{}", size.letter)};
      distilled = {fmt::format("DeiT-{}-distilled", size.letter)};
    }
    out.push_back({Deit(size, img, false), plain});
    out.push_back({Deit(size, img, true), distilled});
  };
  for (const Size& size : {kTiny, kSmall, kBase}) add(size, 224);
  add(kBase, 384);
  for (const Size& size : {kSmall, kMedium, kBase, kLarge}) {
    out.push_back({Deit3(size, 224),
                   {fmt::format("deit3_{}", size.name),
                    fmt::format("DeiT3-{}", size.letter)}});
    if (size.name != kMedium.name) out.push_back({Deit3(size, 384), {}});
  }
}

void AddDinos(std::vector<Variant>& out) {
  for (const Size& size : {kSmall, kBase, kLarge}) {
    out.push_back(
        {Dinov2(size, false),
         {fmt::format("DINOv2-{}", size.letter),
          fmt::format("dinov2_vit{:c}14", std::tolower(size.letter[0]))}});
    out.push_back({Dinov2(size, true), {}});
  }
}

void AddClips(std::vector<Variant>& out) {
  constexpr auto kQuick = Activation::kQuickGelu;
  const auto add = [&](const Size& size, int64_t patch, int64_t img,
                       Activation activation = Activation::kGelu) {
    out.push_back({Clip(size, patch, img, activation), {}});
  };
  for (const Size& size : {kA, kTiny, kXSmall, kSmall, kMedium}) {
    add(size, 16, 224);
  }
  add(kMedium, 32, 224);
  add(kBetwixt, 32, 224);
  for (const int64_t img : {224, 256, 384, 448}) add(kBase, 32, img);
  add(kBase, 32, 224, kQuick);
  add(kBase, 16, 224);
  add(kBase, 16, 384);
  add(kBase, 16, 224, kQuick);
  for (const int64_t img : {224, 336}) {
    add(kLarge, 14, img);
    add(kLarge, 14, img, kQuick);
  }
}

}  // namespace

void AddVitVariants(std::vector<Variant>& out) {
  AddVits(out);
  AddDeits(out);
  AddDinos(out);
  AddClips(out);
  AddPooledVits(out);
  AddOtherVits(out);
  AddEvas(out);
}

}  // namespace wsel::model
