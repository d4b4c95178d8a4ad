#include "wsel/select/scores.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/isnan.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "wsel/core/error.h"
#include "wsel/core/sha256.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::select {
namespace {

at::Tensor ReadFloats(const TensorView& view) {
  at::Tensor tensor = Borrow(view).to(at::kFloat).contiguous();
  if (at::isnan(tensor).any().item<bool>()) {
    throw Error(ErrorKind::kMismatch, view.spec.name,
                "holds NaN, which cannot be ranked; choose a method that does "
                "not look at weights, or another teacher");
  }
  return tensor;
}

using AxisScores = std::vector<std::vector<double>>;

// Sums of |w|^power over all dimensions but one, for each dimension. One pass:
// a row of the last dimension is summed once and handed to all the others.
AxisScores ScoreAllAxes(const TensorView& view, int power) {
  const at::Tensor tensor = ReadFloats(view);
  const float* w = tensor.const_data_ptr<float>();
  const Shape& shape = view.spec.shape;
  const auto strides = ContiguousStrides(shape);
  AxisScores scores(shape.size());
  for (size_t a = 0; a < shape.size(); ++a) scores[a].resize(shape[a]);
  if (shape.empty()) return scores;
  std::vector<double>& last = scores.back();
  const auto columns = static_cast<int64_t>(last.size());
  for (int64_t begin = 0; begin < tensor.numel(); begin += columns) {
    double row = 0;
    for (int64_t j = 0; j < columns; ++j) {
      const double magnitude = std::abs(static_cast<double>(w[begin + j]));
      const double score = power == 1 ? magnitude : magnitude * magnitude;
      last[j] += score;
      row += score;
    }
    for (size_t a = 0; a + 1 < shape.size(); ++a) {
      scores[a][begin / strides[a] % shape[a]] += row;
    }
  }
  return scores;
}

// Rows of a plan ask for one axis at a time; a tensor is read once.
class ScoreCache {
 public:
  explicit ScoreCache(const TensorSource& teacher) : teacher_(teacher) {}

  std::vector<double> Get(const std::string& name, size_t axis, int power) {
    auto& scores = cache_[{name, power}];
    if (scores.empty()) {
      scores = ScoreAllAxes(teacher_.View(name), power);
      teacher_.Drop(name);
    }
    return scores.at(axis);
  }

 private:
  const TensorSource& teacher_;
  std::map<std::pair<std::string, int>, AxisScores> cache_;
};

}  // namespace

std::vector<int64_t> LargestMagnitude(const TensorView& view, int64_t count) {
  const at::Tensor tensor = ReadFloats(view).abs();
  const float* magnitudes = tensor.const_data_ptr<float>();
  std::vector<float> sorted(magnitudes, magnitudes + tensor.numel());
  std::nth_element(sorted.begin(), sorted.begin() + (count - 1), sorted.end(),
                   std::greater<>());
  const float least = sorted[count - 1];
  // Of those equal to the least, as many as there is room for, the lower first.
  int64_t room = count - std::count_if(sorted.begin(), sorted.begin() + count,
                                       [&](float m) { return m > least; });
  std::vector<int64_t> positions;
  positions.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < tensor.numel(); ++i) {
    if (magnitudes[i] > least || (magnitudes[i] == least && room-- > 0)) {
      positions.push_back(i);
    }
  }
  return positions;
}

std::string DigestOf(const std::vector<int64_t>& positions) {
  return Sha256Hex(std::as_bytes(std::span(positions)));
}

Evidence EvidenceOf(const TensorSource& teacher) {
  const auto cache = std::make_shared<ScoreCache>(teacher);
  return {
      [cache](const std::string& name, size_t axis, int power) {
        return cache->Get(name, axis, power);
      },
      [&teacher](const std::string& name, int64_t count) {
        const auto positions = LargestMagnitude(teacher.View(name), count);
        teacher.Drop(name);
        return DigestOf(positions);
      },
  };
}

}  // namespace wsel::select
