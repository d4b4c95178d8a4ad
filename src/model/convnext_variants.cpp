#include <fmt/format.h>

#include "convnext.h"

namespace wsel::model {
namespace {

using Depths = std::array<int64_t, 4>;

constexpr Depths kSmallest = {2, 2, 6, 2};
constexpr Depths kDepthsNano = {2, 2, 8, 2};
constexpr Depths kDepthsTiny = {3, 3, 9, 3};
constexpr Depths kDeep = {3, 3, 27, 3};

// Each stage is twice as wide as the one before.
ConvNextConfig Sized(std::string_view name, int64_t width,
                     const Depths& depths) {
  ConvNextConfig c;
  c.name = fmt::format("convnext_{}", name);
  c.dims = {width, 2 * width, 4 * width, 8 * width};
  c.depths = depths;
  return c;
}

// The small ones of timm's have 1x1 convolutions in their MLPs.
ConvNextConfig Small(std::string_view name, int64_t width, const Depths& depths,
                     ConvNextStem stem = ConvNextStem::kPatch,
                     ConvNextNorm norm = ConvNextNorm::kLayerNorm) {
  ConvNextConfig c = Sized(name, width, depths);
  c.conv_mlp = true;
  c.stem_type = stem;
  c.norm_layer = norm;
  return c;
}

// Those of timm's own tests.
ConvNextConfig ForTests(std::string_view name, const Depths& dims,
                        const Depths& depths, Activation activation) {
  ConvNextConfig c;
  c.name = name;
  c.dims = dims;
  c.depths = depths;
  c.activation = activation;
  c.norm_eps = 1e-5;
  return c;
}

void AddSmall(std::vector<Variant>& out) {
  using enum ConvNextStem;
  using enum ConvNextNorm;
  constexpr Depths kDepthsZepto = {2, 2, 4, 2};
  out.push_back(
      {Small("zepto_rms", 32, kDepthsZepto, kPatch, kSimpleNorm), {}});
  out.push_back(
      {Small("zepto_rms_ols", 32, kDepthsZepto, kOverlapAct, kSimpleNorm), {}});
  out.push_back({Small("atto", 40, kSmallest), {"ConvNeXt-A"}});
  out.push_back({Small("atto_ols", 40, kSmallest, kOverlapTiered), {}});
  out.push_back({Small("atto_rms", 40, kSmallest, kPatch, kRmsNorm), {}});
  out.push_back({Small("femto", 48, kSmallest), {"ConvNeXt-F"}});
  out.push_back({Small("femto_ols", 48, kSmallest, kOverlapTiered), {}});
  out.push_back({Small("pico", 64, kSmallest), {"ConvNeXt-P"}});
  out.push_back({Small("pico_ols", 64, kSmallest, kOverlapTiered), {}});
  out.push_back({Small("nano", 80, kDepthsNano), {"ConvNeXt-N"}});
  out.push_back({Small("nano_ols", 80, kDepthsNano, kOverlap), {}});
}

void AddLarger(std::vector<Variant>& out) {
  out.push_back({Sized("tiny", 96, kDepthsTiny), {"ConvNeXt-T"}});
  ConvNextConfig hnf = Small("tiny_hnf", 96, kDepthsTiny);
  hnf.head_norm_first = true;
  out.push_back({hnf, {"ConvNeXt-T-hnf"}});
  out.push_back({Sized("small", 96, kDeep), {"ConvNeXt-S"}});
  out.push_back({Sized("base", 128, kDeep), {"ConvNeXt-B"}});
  out.push_back({Sized("large", 192, kDeep), {"ConvNeXt-L"}});
  ConvNextConfig mlp = Sized("large_mlp", 192, kDeep);
  mlp.head_hidden_size = mlp.dims[3];
  out.push_back({mlp, {}});
  out.push_back({Sized("xlarge", 256, kDeep), {"ConvNeXt-XL"}});
  ConvNextConfig xxlarge = Sized("xxlarge", 384, {3, 4, 30, 3});
  xxlarge.norm_eps = 1e-5;
  out.push_back({xxlarge, {"ConvNeXt-XXL"}});
}

}  // namespace

void AddConvNextVariants(std::vector<Variant>& out) {
  AddSmall(out);
  AddLarger(out);
  using enum Activation;
  out.push_back(
      {ForTests("test_convnext", {24, 32, 48, 64}, {1, 2, 4, 2}, kGeluTanh),
       {}});
  constexpr Depths kDims = {32, 64, 96, 128};
  constexpr Depths kOneEach = {1, 1, 1, 1};
  out.push_back({ForTests("test_convnext2", kDims, kOneEach, kGeluTanh), {}});
  ConvNextConfig third = ForTests("test_convnext3", kDims, kOneEach, kSilu);
  third.kernel_sizes = {7, 5, 5, 3};
  out.push_back({third, {}});
}

}  // namespace wsel::model
