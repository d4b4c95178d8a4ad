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
      {Pooling::kNormedAverage, "normed-avg"},
      {Pooling::kAttention, "map"}};
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

const Registry<Norm>& NamesOf(Norm /*tag*/) {
  static constexpr Registered<Norm> kRows[] = {{Norm::kLayerNorm, "layernorm"},
                                               {Norm::kRmsNorm, "rmsnorm"}};
  static constexpr Registry<Norm> kNames("norm", kRows);
  return kNames;
}

const Registry<Qkv>& NamesOf(Qkv /*tag*/) {
  static constexpr Registered<Qkv> kRows[] = {{Qkv::kFused, "fused"},
                                              {Qkv::kQvBias, "qv-bias"},
                                              {Qkv::kSeparate, "separate"}};
  static constexpr Registry<Qkv> kNames("qkv", kRows);
  return kNames;
}

const Registry<MlpForm>& NamesOf(MlpForm /*tag*/) {
  static constexpr Registered<MlpForm> kRows[] = {
      {MlpForm::kMlp, "mlp"},
      {MlpForm::kSwiGlu, "swiglu"},
      {MlpForm::kSwiGluPacked, "swiglu-packed"}};
  static constexpr Registry<MlpForm> kNames("mlp", kRows);
  return kNames;
}

const Registry<BlockForm>& NamesOf(BlockForm /*tag*/) {
  static constexpr Registered<BlockForm> kRows[] = {
      {BlockForm::kPreNorm, "pre-norm"},
      {BlockForm::kPostNorm, "post-norm"},
      {BlockForm::kParallel, "parallel"}};
  static constexpr Registry<BlockForm> kNames("block", kRows);
  return kNames;
}

const Registry<Rope>& NamesOf(Rope /*tag*/) {
  static constexpr Registered<Rope> kRows[] = {{Rope::kNone, "none"},
                                               {Rope::kAxial, "axial"},
                                               {Rope::kMixed, "mixed"},
                                               {Rope::kDinov3, "dinov3"}};
  static constexpr Registry<Rope> kNames("rope", kRows);
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

std::string DescribeInChans(int64_t in_chans) {
  return in_chans == 3 ? "" : fmt::format(", {}-channel images", in_chans);
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

void FieldChecker::Check(std::string_view field, const HeightWidth& value,
                         const Range& range) const {
  if (value.IsSquare()) return Check(field, value.height, range);
  Require(value.Shorter() >= range.low && value.Longer() <= range.high, field,
          "is {}; height and width must be from {} to {}", value, range.low,
          range.high);
}

void FieldChecker::Check(std::string_view field,
                         const std::array<int64_t, 4>& value,
                         const Range& range) const {
  for (size_t i = 0; i < value.size(); ++i) {
    Check(fmt::format("{}[{}]", field, i), value[i], range);
  }
}

}  // namespace wsel::model
