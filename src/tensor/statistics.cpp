#include "wsel/tensor/statistics.h"

#include <ATen/ops/isnan.h>

#include "wsel/core/parallel.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel {

Statistics StatisticsOf(const at::Tensor& tensor) {
  at::Tensor x = tensor.to(at::kDouble);
  const at::Tensor nan = at::isnan(x);
  Statistics s;
  s.nan_count = nan.sum().item<int64_t>();
  if (s.nan_count > 0) x = x.masked_select(nan.logical_not());
  if (x.numel() == 0) return s;
  s.min = x.min().item<double>();
  s.max = x.max().item<double>();
  s.mean = x.mean().item<double>();
  s.std = x.std(/*unbiased=*/false).item<double>();
  return s;
}

Statistics StatisticsOf(const TensorView& view) {
  return StatisticsOf(Borrow(view));
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
