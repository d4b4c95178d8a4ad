#include <fmt/format.h>

#include "convnext.h"

namespace wsel::model {
namespace {

ConvNextConfig ConvNext(std::string_view name, std::array<int64_t, 4> dims,
                        std::array<int64_t, 4> depths, bool conv_mlp = false) {
  ConvNextConfig c;
  c.name = fmt::format("convnext_{}", name);
  c.dims = dims;
  c.depths = depths;
  c.conv_mlp = conv_mlp;
  return c;
}

}  // namespace

void AddConvNextVariants(std::vector<Variant>& out) {
  constexpr std::array<int64_t, 4> kSmallest = {2, 2, 6, 2};
  constexpr std::array<int64_t, 4> kDepthsTiny = {3, 3, 9, 3};
  constexpr std::array<int64_t, 4> kDeep = {3, 3, 27, 3};
  const auto add = [&](const ConvNextConfig& config, std::string_view letter) {
    out.push_back({config, {fmt::format("ConvNeXt-{}", letter)}});
  };
  add(ConvNext("atto", {40, 80, 160, 320}, kSmallest, true), "A");
  add(ConvNext("femto", {48, 96, 192, 384}, kSmallest, true), "F");
  add(ConvNext("pico", {64, 128, 256, 512}, kSmallest, true), "P");
  add(ConvNext("nano", {80, 160, 320, 640}, {2, 2, 8, 2}, true), "N");
  add(ConvNext("tiny", {96, 192, 384, 768}, kDepthsTiny), "T");
  ConvNextConfig hnf =
      ConvNext("tiny_hnf", {96, 192, 384, 768}, kDepthsTiny, true);
  hnf.head_norm_first = true;
  add(hnf, "T-hnf");
  add(ConvNext("small", {96, 192, 384, 768}, kDeep), "S");
  add(ConvNext("base", {128, 256, 512, 1024}, kDeep), "B");
  add(ConvNext("large", {192, 384, 768, 1536}, kDeep), "L");
  add(ConvNext("xlarge", {256, 512, 1024, 2048}, kDeep), "XL");
}

}  // namespace wsel::model
