#include "wsel/select/scores.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/isnan.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>

#include "wsel/core/error.h"
#include "wsel/core/sha256.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::select {
namespace {

at::Tensor ReadFloats(const TensorView& view) {
  const at::Tensor tensor = Borrow(view).to(at::kFloat).contiguous();
  if (at::isnan(tensor).any().item<bool>()) {
    throw Error(ErrorKind::kMismatch, view.spec.name,
                "holds NaN, which cannot be ranked; choose a method that does "
                "not look at weights, or another teacher");
  }
  return tensor;
}

using AxisScores = std::vector<std::vector<double>>;

// Sums of |w|^power over all dimensions but one, for each dimension.
AxisScores ScoreAllAxes(const TensorView& view, int power) {
  const at::Tensor tensor = ReadFloats(view);
  const float* w = tensor.const_data_ptr<float>();
  const Shape& shape = view.spec.shape;
  const auto strides = ContiguousStrides(shape);
  AxisScores scores(shape.size());
  for (size_t a = 0; a < shape.size(); ++a) scores[a].resize(shape[a]);
  for (int64_t i = 0; i < tensor.numel(); ++i) {
    const double magnitude = std::abs(static_cast<double>(w[i]));
    const double score = power == 1 ? magnitude : magnitude * magnitude;
    for (size_t a = 0; a < shape.size(); ++a) {
      scores[a][i / strides[a] % shape[a]] += score;
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
  const at::Tensor tensor = ReadFloats(view);
  const float* w = tensor.const_data_ptr<float>();
  std::vector<int64_t> positions(static_cast<size_t>(tensor.numel()));
  std::iota(positions.begin(), positions.end(), 0);
  const auto larger = [w](int64_t a, int64_t b) {
    const float x = std::abs(w[a]);
    const float y = std::abs(w[b]);
    return x != y ? x > y : a < b;
  };
  const auto end = positions.begin() + count;
  if (end != positions.end()) {
    std::nth_element(positions.begin(), end, positions.end(), larger);
  }
  positions.erase(end, positions.end());
  std::sort(positions.begin(), positions.end());
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
