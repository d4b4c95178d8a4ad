#include "field.h"

#include <fmt/format.h>

#include <cmath>

#include "wsel/core/check.h"
#include "wsel/core/error.h"

namespace wsel::model {

const Registry<Pooling>& NamesOf(Pooling /*tag*/) {
  static constexpr Registered<Pooling> kRows[] = {
      {Pooling::kToken, "token"},
      {Pooling::kAverage, "avg"},
      {Pooling::kNormedAverage, "normed-avg"}};
  static constexpr Registry<Pooling> kNames("pooling", kRows);
  return kNames;
}

const Registry<Activation>& NamesOf(Activation /*tag*/) {
  static constexpr Registered<Activation> kRows[] = {
      {Activation::kGelu, "gelu"},
      {Activation::kQuickGelu, "quick_gelu"},
      {Activation::kGeluTanh, "gelu_tanh"},
      {Activation::kRelu, "relu"},
      {Activation::kSilu, "silu"}};
  static constexpr Registry<Activation> kNames("activation", kRows);
  return kNames;
}

const Registry<ConvNextStem>& NamesOf(ConvNextStem /*tag*/) {
  static constexpr Registered<ConvNextStem> kRows[] = {
      {ConvNextStem::kPatch, "patch"},
      {ConvNextStem::kOverlap, "overlap"},
      {ConvNextStem::kOverlapTiered, "overlap_tiered"},
      {ConvNextStem::kOverlapAct, "overlap_act"}};
  static constexpr Registry<ConvNextStem> kNames("stem_type", kRows);
  return kNames;
}

const Registry<ConvNextNorm>& NamesOf(ConvNextNorm /*tag*/) {
  static constexpr Registered<ConvNextNorm> kRows[] = {
      {ConvNextNorm::kLayerNorm, "layernorm"},
      {ConvNextNorm::kRmsNorm, "rmsnorm"},
      {ConvNextNorm::kSimpleNorm, "simplenorm"}};
  static constexpr Registry<ConvNextNorm> kNames("norm_layer", kRows);
  return kNames;
}

void FieldChecker::Check(std::string_view field, int64_t value,
                         const Range& range) const {
  CheckBetween(fmt::format("{}.{}", where_, field), value, range.low,
               range.high);
}

void FieldChecker::Check(std::string_view field, double value,
                         const Range& range) const {
  const auto low = static_cast<double>(range.low);
  const bool valid = range.above ? value > low : value >= low;
  Require(std::isfinite(value) && valid, field, "is {}; it must be {}", value,
          range.above ? fmt::format("above {}", low)
                      : fmt::format("{} or more", low));
}

void FieldChecker::Check(std::string_view field,
                         const std::array<int64_t, 4>& value,
                         const Range& range) const {
  for (size_t i = 0; i < value.size(); ++i) {
    Check(fmt::format("{}[{}]", field, i), value[i], range);
  }
}

}  // namespace wsel::model
