#include "convnext.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "architecture.h"
#include "timm_init.h"

namespace wsel::model {
namespace {

constexpr Field<ConvNextConfig> kFields[] = {
    {"name", &ConvNextConfig::name},
    {"img_size", &ConvNextConfig::img_size, kSize},
    {"patch_size", &ConvNextConfig::patch_size, {1, 4}},
    // The MLP is four times as wide, which must be a valid size too.
    {"dims", &ConvNextConfig::dims, {1, kMaxSize / 4}},
    {"depths", &ConvNextConfig::depths, kDepth},
    {"num_classes", &ConvNextConfig::num_classes, kCount},
    {"conv_mlp", &ConvNextConfig::conv_mlp},
    {"head_norm_first", &ConvNextConfig::head_norm_first},
    {"layer_scale", &ConvNextConfig::layer_scale, kNotNegative},
    {"head_init_scale", &ConvNextConfig::head_init_scale, kPositive},
    {"norm_eps", &ConvNextConfig::norm_eps, kPositive},
};

constexpr UnsupportedPart kUnsupported[] = {
    {".grn.", "global response normalisation (ConvNeXt V2)"},
};

Init TimmInit(const ConvNextConfig& config, const ParameterSpec& parameter) {
  if (!IsWeight(parameter)) return Constant(0);
  const double scale =
      parameter.component == Component::kHead ? config.head_init_scale : 1;
  return TruncNormal(kStd * scale, kTimmBound * scale);
}

void AddVariants(std::vector<Variant>& out) {
  constexpr std::array<int64_t, 4> kSmallest = {2, 2, 6, 2};
  constexpr std::array<int64_t, 4> kDepthsTiny = {3, 3, 9, 3};
  constexpr std::array<int64_t, 4> kDeep = {3, 3, 27, 3};
  const auto add = [&](std::string_view name, std::string_view letter,
                       int64_t width, const std::array<int64_t, 4>& depths,
                       bool conv_mlp = false, bool head_norm_first = false) {
    ConvNextConfig c;
    c.name = fmt::format("convnext_{}", name);
    c.dims = {width, 2 * width, 4 * width, 8 * width};
    c.depths = depths;
    c.conv_mlp = conv_mlp;
    c.head_norm_first = head_norm_first;
    out.push_back({c, {fmt::format("ConvNeXt-{}", letter)}});
  };
  add("atto", "A", 40, kSmallest, true);
  add("femto", "F", 48, kSmallest, true);
  add("pico", "P", 64, kSmallest, true);
  add("nano", "N", 80, {2, 2, 8, 2}, true);
  add("tiny", "T", 96, kDepthsTiny);
  add("tiny_hnf", "T-hnf", 96, kDepthsTiny, true, true);
  add("small", "S", 96, kDeep);
  add("base", "B", 128, kDeep);
  add("large", "L", 192, kDeep);
  add("xlarge", "XL", 256, kDeep);
}

std::string NameBySizes(const ConvNextConfig& c) {
  return fmt::format("convnext_d{}_l{}", fmt::join(c.dims, "-"),
                     fmt::join(c.depths, "-"));
}

std::string DescribeConvNext(const ConvNextConfig& c) {
  return fmt::format("ConvNeXt: widths {}, depths {}, patch {}, {} classes{}",
                     fmt::join(c.dims, "/"), fmt::join(c.depths, "/"),
                     c.patch_size, c.num_classes,
                     c.head_norm_first ? ", norm before pooling" : "");
}

double Flops(const ConvNextConfig& c) {
  std::array<double, 4> widths{};
  std::copy(c.dims.begin(), c.dims.end(), widths.begin());
  const auto patch = static_cast<double>(c.patch_size);
  double side = std::floor(static_cast<double>(c.img_size) / patch);
  double flops = MatMul(side * side, 3 * patch * patch, widths[0]);
  for (size_t s = 0; s < widths.size(); ++s) {
    const double width = widths[s];
    if (s > 0 || c.patch_size == 2) {
      side = std::floor(side / 2);
      flops += MatMul(side * side, 4 * widths[s > 0 ? s - 1 : 0], width);
    }
    const double block = MatMul(side * side, 7 * 7, width) +         // conv_dw
                         2 * MatMul(side * side, width, 4 * width);  // MLP
    flops += static_cast<double>(c.depths[s]) * block;
  }
  return flops + MatMul(1, widths[3], static_cast<double>(c.num_classes));
}

int64_t SavedValues(const ConvNextConfig& c) {
  // Per position and channel of a block: outputs of the depthwise convolution
  // and the norm, hidden layer twice, output.
  constexpr int64_t kPerChannel = 13;
  int64_t sum = 0;
  int64_t side = std::max<int64_t>(c.img_size / c.patch_size, 1);
  for (size_t stage = 0; stage < 4; ++stage) {
    if (stage > 0 || c.patch_size == 2) side = std::max<int64_t>(side / 2, 1);
    sum += c.depths[stage] * side * side * c.dims[stage] * kPerChannel;
  }
  return sum;
}

}  // namespace

constinit const Architecture<ConvNextConfig> kConvNext = {
    .key = "convnext",
    .name = "ConvNeXt",
    .fields = kFields,
    .check = [](const ConvNextConfig&, const FieldChecker&) {},
    .depths = [](ConvNextConfig& c) { return std::span<int64_t>(c.depths); },
    .widths = [](ConvNextConfig& c) { return std::span<int64_t>(c.dims); },
    .conv_mlp = &ConvNextConfig::conv_mlp,
    .layer_scale = &ConvNextConfig::layer_scale,
    .add_variants = AddVariants,
    .name_by_sizes = NameBySizes,
    .describe = DescribeConvNext,
    .parameter_specs = ConvNextParameterSpecs,
    .block_name = "stages.{0}.blocks.{1}",
    .branches_per_block = [](const ConvNextConfig&) -> int64_t { return 1; },
    .flops = Flops,
    .saved_values = SavedValues,
    .timm_init = TimmInit,
    .recognises = LooksLikeConvNext,
    .unsupported = kUnsupported,
    .detect = DetectConvNext,
};

}  // namespace wsel::model
