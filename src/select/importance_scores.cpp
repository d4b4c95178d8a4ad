#include "wsel/select/importance_scores.h"

#include <bit>
#include <cmath>
#include <map>
#include <memory>
#include <span>

#include "wsel/core/error.h"
#include "wsel/core/sha256.h"
#include "wsel/tensor/floats.h"

namespace wsel::select {
namespace {

[[noreturn]] void ThrowNaN(const TensorView& view) {
  throw Error(ErrorKind::kMismatch, view.spec.name,
              "contains NaN, which cannot be ranked; use a method that is not "
              "data-dependent, or another teacher");
}

using AxisScores = std::vector<std::vector<double>>;

// For each dimension, the sums of `score` over all others. One pass: a row of
// the last dimension is summed once and added to the scores of all others.
AxisScores ScoreAllAxes(const TensorView& view, ScoreFunction score) {
  const Floats floats(view);
  const std::span<const float> w = floats.values();
  const Shape& shape = view.spec.shape;
  const auto strides = ContiguousStrides(shape);
  AxisScores scores(shape.size());
  for (size_t a = 0; a < shape.size(); ++a) scores[a].resize(shape[a]);
  if (shape.empty()) return scores;
  std::vector<double>& last = scores.back();
  const auto columns = static_cast<int64_t>(last.size());
  std::vector<double> of_row(last.size());
  const auto count = static_cast<int64_t>(w.size());
  for (int64_t begin = 0; begin < count; begin += columns) {
    score(w.subspan(static_cast<size_t>(begin), last.size()), of_row);
    double row = 0;
    for (size_t j = 0; j < last.size(); ++j) {
      last[j] += of_row[j];
      row += of_row[j];
    }
    for (size_t a = 0; a + 1 < shape.size(); ++a) {
      scores[a][begin / strides[a] % shape[a]] += row;
    }
  }
  // A sum of scores, which are not negative, is NaN only if one of them is.
  for (const double sum : last) {
    if (std::isnan(sum)) ThrowNaN(view);
  }
  return scores;
}

// Integers in the order of the magnitudes: a float's bits without its sign.
uint32_t KeyOf(float w) { return std::bit_cast<uint32_t>(w) & 0x7fffffff; }
constexpr uint32_t kInfinityKey = 0x7f800000;

// The highest bucket at which the count from the top reaches `wanted`; reduces
// `wanted` by the counts above it.
uint32_t BucketOf(const std::vector<int64_t>& histogram, int64_t& wanted) {
  auto bucket = static_cast<uint32_t>(histogram.size()) - 1;
  while (histogram[bucket] < wanted) wanted -= histogram[bucket--];
  return bucket;
}

}  // namespace

std::vector<int64_t> LargestMagnitude(const TensorView& view, int64_t count) {
  const Floats floats(view);
  const std::span<const float> w = floats.values();
  // Finds the smallest key that is selected by its upper and then its lower
  // half: sorting would copy a tensor that may be large.
  std::vector<int64_t> upper(1 << 16);
  for (const float x : w) {
    if (KeyOf(x) > kInfinityKey) ThrowNaN(view);
    ++upper[KeyOf(x) >> 16];
  }
  int64_t room = count;
  const uint32_t high = BucketOf(upper, room);
  std::vector<int64_t> lower(1 << 16);
  for (const float x : w) {
    if (KeyOf(x) >> 16 == high) ++lower[KeyOf(x) & 0xffff];
  }
  const uint32_t least = high << 16 | BucketOf(lower, room);

  // Elements that equal the smallest key fill the remaining room in order.
  std::vector<int64_t> indices;
  indices.reserve(static_cast<size_t>(count));
  for (size_t i = 0; i < w.size(); ++i) {
    const uint32_t key = KeyOf(w[i]);
    if (key > least || (key == least && room-- > 0)) {
      indices.push_back(static_cast<int64_t>(i));
    }
  }
  return indices;
}

std::string DigestOf(const std::vector<int64_t>& indices) {
  return Sha256Hex(std::as_bytes(std::span(indices)));
}

ImportanceScores ImportanceScoresOf(const TensorSource& teacher) {
  // Planning needs one dimension at a time; this reads each tensor once per
  // score.
  using Key = std::pair<std::string, ScoreFunction>;
  const auto cache = std::make_shared<std::map<Key, AxisScores>>();
  return {
      [cache, &teacher](const std::string& name, size_t axis,
                        ScoreFunction score) {
        AxisScores& scores = (*cache)[{name, score}];
        if (scores.empty()) {
          scores = ScoreAllAxes(teacher.View(name), score);
          teacher.Release(name);
        }
        return scores.at(axis);
      },
      [&teacher](const std::string& name, int64_t count) {
        const auto indices = LargestMagnitude(teacher.View(name), count);
        teacher.Release(name);
        return DigestOf(indices);
      },
  };
}

}  // namespace wsel::select
