// Torch-free.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "wsel/model/variants.h"
#include "wsel/model/vit_config.h"

namespace wsel::model {

// A ViT's size: width, depth, heads, and its letter in papers.
struct Size {
  std::string_view name;
  std::string_view letter;
  int64_t width;
  int64_t depth;
  int64_t heads;
};

inline constexpr Size kA = {"a", "A", 192, 6, 3};  // the paper's ViT-A
inline constexpr Size kTiny = {"tiny", "T", 192, 12, 3};
inline constexpr Size kXSmall = {"xsmall", "", 256, 10, 4};
inline constexpr Size kSmall = {"small", "S", 384, 12, 6};
inline constexpr Size kMedium = {"medium", "M", 512, 12, 8};
inline constexpr Size kBetwixt = {"betwixt", "", 640, 12, 10};
inline constexpr Size kBase = {"base", "B", 768, 12, 12};
inline constexpr Size kLarge = {"large", "L", 1024, 24, 16};

inline constexpr Size kWee = {"wee", "", 256, 14, 4};
inline constexpr Size kLittle = {"little", "", 320, 14, 5};
inline constexpr Size kMediumD = {"mediumd", "", 512, 20, 8};
inline constexpr Size kSo150m = {"so150m", "", 896, 18, 14};
inline constexpr Size kSo150m2 = {"so150m2", "", 832, 21, 13};
inline constexpr Size kSo400m = {"so400m", "", 1152, 27, 16};
inline constexpr Size kHuge = {"huge", "H", 1280, 32, 16};
inline constexpr Size kGiant = {"giant", "g", 1408, 40, 16};
inline constexpr Size kGiantOpt = {"giantopt", "", 1536, 40, 16};

// timm's plain ViT of a size.
inline VitConfig Vit(const Size& size, int64_t patch, int64_t img) {
  VitConfig c;
  c.name = fmt::format("vit_{}_patch{}_{}", size.name, patch, img);
  c.img_size = img;
  c.patch_size = patch;
  c.embed_dim = size.width;
  c.depth = size.depth;
  c.num_heads = size.heads;
  return c;
}

// timm's average-pooled ViTs without a class token.
inline VitConfig Gap(const Size& size, int64_t img) {
  VitConfig c = Vit(size, 16, img);
  c.name = fmt::format("vit_{}_patch16_gap_{}", size.name, img);
  c.class_token = false;
  c.pooling = Pooling::kNormedAverage;
  return c;
}

// The variants of AddVitVariants (vit.h), by file.
void AddPooledVits(std::vector<Variant>& out);  // vit_pooled_variants.cpp
void AddOtherVits(std::vector<Variant>& out);   // vit_other_variants.cpp
void AddEvas(std::vector<Variant>& out);        // eva_variants.cpp

}  // namespace wsel::model
