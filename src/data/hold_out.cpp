#include "wsel/data/hold_out.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "sample_order.h"
#include "wsel/core/error.h"

namespace wsel::data {
namespace {

// The classes of a sample.
std::vector<int32_t> LabelsOf(const Dataset& dataset, size_t i) {
  if (dataset.multi_label()) return dataset.label_sets[i];
  return {dataset.labels[i]};
}

// Which samples are drawn: the first `count` of the order, but never the last
// one of a class.
std::vector<bool> Drawn(const Dataset& dataset, int64_t count, uint64_t seed) {
  const auto order =
      OrderByClass(dataset, ClassShare::kProportional, seed, "data.val_split");
  auto left = CountsByClass(dataset);
  std::vector<bool> drawn(static_cast<size_t>(dataset.size()));
  for (const int64_t sample : order) {
    if (count == 0) break;
    const auto i = static_cast<size_t>(sample);
    const auto labels = LabelsOf(dataset, i);
    const auto left_of = [&](int32_t label) -> int64_t& {
      return left[static_cast<size_t>(label)];
    };
    const bool is_last = std::ranges::any_of(
        labels, [&](int32_t label) { return left_of(label) == 1; });
    if (is_last) continue;
    for (const int32_t label : labels) --left_of(label);
    drawn[i] = true;
    --count;
  }
  return drawn;
}

}  // namespace

HeldOut HoldOut(const Dataset& dataset, double fraction, uint64_t seed) {
  if (!(fraction > 0 && fraction < 1)) {
    throw Error(ErrorKind::kConfig, "data.val_split",
                "is {}; it must be above 0 and below 1", fraction);
  }
  const int64_t size = dataset.size();
  const int64_t count =
      std::max<int64_t>(1, std::llround(fraction * static_cast<double>(size)));
  const auto drawn = Drawn(dataset, count, seed);
  std::vector<int64_t> train;
  std::vector<int64_t> validation;
  for (int64_t i = 0; i < size; ++i) {
    (drawn[static_cast<size_t>(i)] ? validation : train).push_back(i);
  }
  if (validation.empty()) {
    throw Error(ErrorKind::kConfig, "data.val_split",
                "leaves no image to validate on: {} has {} images, and each of "
                "its classes keeps one to train on",
                dataset.name, size);
  }
  HeldOut parts{SelectSamples(dataset, std::move(train)),
                SelectSamples(dataset, std::move(validation))};
  const auto counts = CountsByClass(parts.validation);
  const auto lacking = std::ranges::count(counts, 0);
  parts.validation.name = fmt::format(
      "{}, {} of {} held out{}", dataset.name, parts.validation.size(), size,
      lacking == 0 ? ""
                   : fmt::format(" ({} of {} classes have none)", lacking,
                                 counts.size()));
  return parts;
}

}  // namespace wsel::data
