#include "wsel/tensor/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "read_element.h"
#include "wsel/core/parallel.h"
#include "wsel/tensor/view_shape.h"

namespace wsel {
namespace {

// A sum of many terms that loses little: each block is summed on its own.
class BlockSum {
 public:
  void Add(double term) {
    block_ += term;
    if (++count_ % kBlock == 0) {
      total_ += block_;
      block_ = 0;
    }
  }
  double value() const { return total_ + block_; }

 private:
  static constexpr int64_t kBlock = 4096;
  double total_ = 0;
  double block_ = 0;
  int64_t count_ = 0;
};

// `value(i)` for i < count, as double.
template <typename Value>
Statistics Measure(size_t count, const Value& value) {
  Statistics s;
  s.min = std::numeric_limits<double>::infinity();
  s.max = -s.min;
  BlockSum sum;
  for (size_t i = 0; i < count; ++i) {
    const double x = value(i);
    if (std::isnan(x)) {
      ++s.nan_count;
      continue;
    }
    s.min = std::min(s.min, x);
    s.max = std::max(s.max, x);
    sum.Add(x);
  }
  const auto left =
      static_cast<double>(count) - static_cast<double>(s.nan_count);
  if (left == 0) return {.nan_count = s.nan_count};
  s.mean = sum.value() / left;
  BlockSum squares;
  for (size_t i = 0; i < count; ++i) {
    const double d = value(i) - s.mean;
    if (!std::isnan(value(i))) squares.Add(d * d);
  }
  s.std = std::sqrt(squares.value() / left);
  return s;
}

}  // namespace

Statistics StatisticsOf(const TensorView& view) {
  const TensorView all = Contiguous(view);
  const auto count = static_cast<size_t>(*Numel(all.spec.shape));
  return WithDType(all.spec.dtype, [&](auto type) {
    const size_t size = ItemSize(type());
    return Measure(count, [&](size_t i) -> double {
      return ReadElement<type()>(all.bytes.data() + i * size);
    });
  });
}

std::vector<Statistics> AllStatisticsOf(const TensorSource& file) {
  std::vector<Statistics> all(file.Specs().size());
  ParallelFor(all.size(), [&](size_t i) {
    const std::string& name = file.Specs()[i].name;
    all[i] = StatisticsOf(file.View(name));
    file.Release(name);
  });
  return all;
}

}  // namespace wsel
