#include "wsel/augment/rand_augment.h"

#include <gtest/gtest.h>

#include <cmath>

#include "augment/golden.h"
#include "augment/op_names.h"
#include "image/test_image.h"
#include "throws.h"

namespace wsel::augment {
namespace {

constexpr image::Rgb kFill = {124, 116, 104};

TEST(RandAugment, OperationsEqualTimm) {
  const Json rows = ReadGolden("operations.json")["rows"];
  ASSERT_GT(rows.size(), 2000U);
  for (const Json& row : rows) {
    const Op op = OpOf(row[3].get<std::string>());
    const double magnitude = row[4];
    const double value = ArgumentOf(op, magnitude, row[5]);
    EXPECT_EQ(value, row[7]) << row;
    const auto result =
        ApplyOp(image::TestImage(row[0], row[1], row[2]),
                {op, magnitude, value}, InterpolationOf(row[6]), kFill);
    EXPECT_EQ(image::Digest(result), row[8]) << row;
  }
}

TEST(RandAugment, PosterizeToNoBitsIsBlack) {
  const double bits = ArgumentOf(Op::kPosterizeIncreasing, 10, false);
  EXPECT_EQ(bits, 0);
  EXPECT_EQ(ApplyOp(image::TestImage("plain", 13, 5),
                    {Op::kPosterizeIncreasing, 10, bits},
                    image::Interpolation::kBicubic, kFill),
            image::Image(13, 5));
}

TEST(RandAugment, ParsesTimmsNotation) {
  const auto whole = ParseRandAugment("rand-m9-mstd0.5-inc1", "x");
  EXPECT_EQ(whole.magnitude, 9);
  EXPECT_EQ(whole.magnitude_std, 0.5);
  EXPECT_EQ(whole.layers, 2);
  EXPECT_EQ(whole.probability, 0.5);
  EXPECT_TRUE(whole.increasing);
  const auto plain = ParseRandAugment("rand", "x");
  EXPECT_EQ(plain.magnitude, 10);
  EXPECT_EQ(plain.magnitude_std, 0);
  EXPECT_FALSE(plain.increasing);
  const auto other = ParseRandAugment("rand-inc0-p0.25-n3-m7-mstd101", "x");
  EXPECT_EQ(other.magnitude, 7);
  EXPECT_TRUE(std::isinf(other.magnitude_std));
  EXPECT_EQ(other.layers, 3);
  EXPECT_EQ(other.probability, 0.25);
}

TEST(RandAugment, RejectsUnsupportedPolicies) {
  for (const char* name :
       {"", "original", "augmix-m3", "rand-x1", "rand-w0", "rand-tweights",
        "rand-mmax20", "rand-m9.5", "rand-m11", "rand-m-1", "rand-m",
        "rand-mstdinf", "rand-mstd-1", "rand-p1.5", "rand-n2x", "rand-n1000",
        "rand-inc2", "rand-p0.1.2"}) {
    ExpectError([&] { ParseRandAugment(name, "augment.rand_augment"); },
                ErrorKind::kConfig,
                {"augment.rand_augment: ", std::string("'") + name + "'"});
  }
}

}  // namespace
}  // namespace wsel::augment
