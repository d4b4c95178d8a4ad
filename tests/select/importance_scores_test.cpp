#include "wsel/select/importance_scores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "select/rule_functions.h"
#include "throws.h"

namespace wsel::select {
namespace {

using testing::ElementsAre;

// One tensor of given values.
class OneTensor : public TensorSource {
 public:
  OneTensor(Shape shape, std::vector<float> values)
      : specs_{{"w", std::move(shape), DType::kF32}},
        values_(std::move(values)) {}
  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view) const override {
    return {specs_[0], ContiguousStrides(specs_[0].shape),
            std::as_bytes(std::span(values_)), nullptr};
  }

 private:
  std::vector<TensorSpec> specs_;
  std::vector<float> values_;
};

TEST(ImportanceScoresOf, SumsMagnitudesAndSquaresOverTheOtherDimensions) {
  const OneTensor teacher({2, 3}, {1, -2, 3, -4, 5, 6});
  const ImportanceScores importance = ImportanceScoresOf(teacher);
  EXPECT_THAT(importance.slice_scores("w", 0, L1Scores), ElementsAre(6, 15));
  EXPECT_THAT(importance.slice_scores("w", 1, L1Scores), ElementsAre(5, 7, 9));
  EXPECT_THAT(importance.slice_scores("w", 0, SquaredL2Scores),
              ElementsAre(14, 77));
  EXPECT_THAT(importance.slice_scores("w", 1, SquaredL2Scores),
              ElementsAre(17, 29, 45));
}

TEST(LargestMagnitude, IgnoresSignsAndBreaksTiesByTheLowerIndex) {
  const OneTensor teacher({2, 3}, {1, -3, 3, 0, 2, -2});
  const TensorView view = teacher.View("w");
  EXPECT_THAT(LargestMagnitude(view, 2), ElementsAre(1, 2));
  EXPECT_THAT(LargestMagnitude(view, 3), ElementsAre(1, 2, 4));
  EXPECT_THAT(LargestMagnitude(view, 6), ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(ImportanceScoresOf, RejectsNaN) {
  const OneTensor teacher({3}, {1, std::numeric_limits<float>::quiet_NaN(), 2});
  const ImportanceScores importance = ImportanceScoresOf(teacher);
  ExpectError([&] { importance.slice_scores("w", 0, L1Scores); },
              ErrorKind::kMismatch, {"w", "NaN"});
  ExpectError([&] { importance.magnitude_digest("w", 1); },
              ErrorKind::kMismatch, {"w", "NaN"});
}

}  // namespace
}  // namespace wsel::select
