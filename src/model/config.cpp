#include "wsel/model/config.h"

#include <fmt/format.h>

#include <cmath>

#include "wsel/core/check.h"
#include "wsel/core/error.h"

namespace wsel::model {
namespace {

constexpr int64_t kMaxSize = (1 << 20) - 1;
constexpr int64_t kMaxDepth = 1024;
constexpr int64_t kMaxGrid = 512;  // 8192 pixels in patches of 16

// Checks fields and throws for the first that is wrong.
class Checker {
 public:
  explicit Checker(std::string_view where) : where_(where) {}

  void Range(std::string_view field, int64_t value, int64_t low,
             int64_t high) const {
    CheckBetween(fmt::format("{}.{}", where_, field), value, low, high);
  }
  void Size(std::string_view field, int64_t value) const {
    Range(field, value, 1, kMaxSize);
  }
  void AtLeast(std::string_view field, double value, double low) const {
    Require(std::isfinite(value) && value >= low, field,
            fmt::format("is {}; it must be {} or more", value, low));
  }
  void Above(std::string_view field, double value, double low) const {
    Require(std::isfinite(value) && value > low, field,
            fmt::format("is {}; it must be above {}", value, low));
  }
  void Require(bool valid, std::string_view field,
               const std::string& message) const {
    if (valid) return;
    throw Error(ErrorKind::kConfig, fmt::format("{}.{}", where_, field),
                message);
  }

 private:
  std::string_view where_;
};

void CheckTokens(const VitConfig& c, const Checker& check) {
  check.Require(c.class_token || c.pooling != Pooling::kToken, "pooling",
                "is 'token' but there is no class token; use 'avg'");
  if (!c.dist_token) return;
  check.Require(c.class_token && c.pooling == Pooling::kToken, "dist_token",
                "needs a class token and pooling 'token'");
  check.Require(c.reg_tokens == 0, "dist_token",
                "cannot be combined with register tokens");
  check.Require(!c.no_embed_class, "dist_token",
                "has a position embedding; no_embed_class must be false");
}

void Check(const VitConfig& c, const Checker& check) {
  check.Size("img_size", c.img_size);
  check.Size("patch_size", c.patch_size);
  check.Size("embed_dim", c.embed_dim);
  check.Range("depth", c.depth, 1, kMaxDepth);
  check.Size("num_heads", c.num_heads);
  check.Range("num_classes", c.num_classes, 0, kMaxSize);
  check.Range("reg_tokens", c.reg_tokens, 0, kMaxSize);
  check.Above("mlp_ratio", c.mlp_ratio, 0);
  check.AtLeast("layer_scale", c.layer_scale, 0);
  check.Above("norm_eps", c.norm_eps, 0);
  const double hidden = static_cast<double>(c.embed_dim) * c.mlp_ratio;
  check.Require(hidden >= 1 && hidden <= static_cast<double>(kMaxSize),
                "mlp_ratio",
                fmt::format("makes {} hidden channels; they must be 1 to {}",
                            hidden, kMaxSize));
  check.Require(c.img_size % c.patch_size == 0, "img_size",
                fmt::format("is {}, not a multiple of patch_size {}",
                            c.img_size, c.patch_size));
  check.Require(
      c.GridSize() <= kMaxGrid, "img_size",
      fmt::format("is {}: {} patches per side; at most {} are supported",
                  c.img_size, c.GridSize(), kMaxGrid));
  check.Require(c.embed_dim % c.num_heads == 0, "num_heads",
                fmt::format("is {}, which does not divide embed_dim {}",
                            c.num_heads, c.embed_dim));
  CheckTokens(c, check);
}

void Check(const ConvNextConfig& c, const Checker& check) {
  check.Size("img_size", c.img_size);
  check.Range("patch_size", c.patch_size, 1, 4);
  for (size_t s = 0; s < c.dims.size(); ++s) {
    // The MLP is four times as wide, which must be a valid size too.
    check.Range(fmt::format("dims[{}]", s), c.dims[s], 1, kMaxSize / 4);
    check.Range(fmt::format("depths[{}]", s), c.depths[s], 1, kMaxDepth);
  }
  check.Range("num_classes", c.num_classes, 0, kMaxSize);
  check.AtLeast("layer_scale", c.layer_scale, 0);
  check.Above("head_init_scale", c.head_init_scale, 0);
  check.Above("norm_eps", c.norm_eps, 0);
}

}  // namespace

std::string_view ArchitectureName(const Config& config) {
  return std::holds_alternative<VitConfig>(config) ? "ViT" : "ConvNeXt";
}

const std::string& NameOf(const Config& config) {
  return std::visit([](const auto& c) -> const std::string& { return c.name; },
                    config);
}

int64_t ImageSize(const Config& config) {
  return std::visit([](const auto& c) { return c.img_size; }, config);
}

int64_t NumClasses(const Config& config) {
  return std::visit([](const auto& c) { return c.num_classes; }, config);
}

int64_t NumFeatures(const Config& config) {
  const auto* vit = std::get_if<VitConfig>(&config);
  return vit != nullptr ? vit->embed_dim
                        : std::get<ConvNextConfig>(config).dims[3];
}

void SetNumClasses(Config& config, int64_t num_classes) {
  std::visit([&](auto& c) { c.num_classes = num_classes; }, config);
}

void Validate(const Config& config, std::string_view where) {
  std::visit([&](const auto& c) { Check(c, Checker(where)); }, config);
}

}  // namespace wsel::model
