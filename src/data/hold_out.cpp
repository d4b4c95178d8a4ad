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
    int64_t& of_class = left[static_cast<size_t>(dataset.labels[i])];
    if (of_class == 1) continue;
    --of_class;
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
