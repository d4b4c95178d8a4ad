#include "field.h"

#include <fmt/format.h>

#include <cmath>

#include "wsel/core/check.h"
#include "wsel/core/error.h"

namespace wsel::model {

const Registry<Pooling>& NamesOf(Pooling /*tag*/) {
  static constexpr std::array<Registered<Pooling>, 3> kRows = {{
      {Pooling::kToken, "token", "the class token"},
      {Pooling::kAverage, "avg", "mean of the patches, then fc_norm"},
      {Pooling::kNormedAverage, "normed-avg", "mean of the patches after norm"},
  }};
  static constexpr Registry<Pooling> kNames("pooling", kRows);
  return kNames;
}

const Registry<Activation>& NamesOf(Activation /*tag*/) {
  static constexpr std::array<Registered<Activation>, 2> kRows = {{
      {Activation::kGelu, "gelu", "exact, by erf"},
      {Activation::kQuickGelu, "quick_gelu", "x * sigmoid(1.702 x)"},
  }};
  static constexpr Registry<Activation> kNames("activation", kRows);
  return kNames;
}

void FieldChecker::Require(bool valid, std::string_view field,
                           const std::string& message) const {
  if (valid) return;
  throw Error(ErrorKind::kConfig, fmt::format("{}.{}", where_, field), message);
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
  Require(std::isfinite(value) && valid, field,
          range.above
              ? fmt::format("is {}; it must be above {}", value, low)
              : fmt::format("is {}; it must be {} or more", value, low));
}

void FieldChecker::Check(std::string_view field,
                         const std::array<int64_t, 4>& value,
                         const Range& range) const {
  for (size_t i = 0; i < value.size(); ++i) {
    Check(fmt::format("{}[{}]", field, i), value[i], range);
  }
}

}  // namespace wsel::model
