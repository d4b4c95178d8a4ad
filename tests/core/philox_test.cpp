#include "wsel/core/philox.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <set>

namespace wsel {
namespace {

using Counter = std::array<uint32_t, 4>;

// From Random123's kat_vectors, the lines "philox4x32 10".
TEST(Philox, KnownAnswers) {
  constexpr uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(Philox({0, 0, 0, 0}, {0, 0}),
            (Counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                   {0xa4093822, 0x299f31d0}),
            (Counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomStream, DependsOnlyOnSeedNameAndIndex) {
  const RandomStream stream(7, "blocks.0.attn.qkv.weight");
  const double fifth = stream.Uniform(5);
  for (uint64_t i = 0; i < 5; ++i) EXPECT_NE(stream.Uniform(i), fifth);
  EXPECT_EQ(stream.Uniform(5), fifth);
  EXPECT_EQ(RandomStream(7, "blocks.0.attn.qkv.weight").Uniform(5), fifth);
}

TEST(RandomStream, UsesEveryBitOfSeedNameAndIndex) {
  std::set<double> numbers;
  for (const uint64_t seed :
       {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32, uint64_t{1} << 63}) {
    for (const char* name : {"", "a", "b", "ab", "ba"}) {
      const RandomStream stream(seed, name);
      for (const uint64_t index :
           {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32, uint64_t{1} << 63}) {
        numbers.insert(stream.Uniform(index));
      }
    }
  }
  EXPECT_EQ(numbers.size(), 4 * 5 * 4);
}

// The numbers of a seed are part of the interface: existing runs depend on
// them. From Python: FNV-1a 64 of the name, Philox over (index, name) keyed by
// the seed.
TEST(RandomStream, NumbersAreStable) {
  EXPECT_EQ(RandomStream(0, "").Below(0, 1'000'000), 104112U);
  EXPECT_EQ(RandomStream(1, "head.weight").Below(3, 1'000'000), 935450U);
  EXPECT_EQ(RandomStream(1, "head.weight").Uniform(3), 0x1.def366e5eb115p-1);
}

TEST(RandomStream, UniformHasTheRightMoments) {
  const RandomStream stream(3, "moments");
  constexpr int kCount = 100'000;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kCount; ++i) {
    const double x = stream.Uniform(static_cast<uint64_t>(i));
    ASSERT_GT(x, 0);
    ASSERT_LT(x, 1);
    sum += x;
    squares += x * x;
  }
  // Five standard errors.
  EXPECT_NEAR(sum / kCount, 0.5, 5 * std::sqrt(1.0 / 12 / kCount));
  EXPECT_NEAR(squares / kCount, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / kCount));
}

TEST(RandomStream, BelowCoversItsRange) {
  const RandomStream stream(3, "below");
  std::array<int, 7> seen{};
  for (uint64_t i = 0; i < 7000; ++i) ++seen.at(stream.Below(i, 7));
  for (const int count : seen) EXPECT_NEAR(count, 1000, 150);
  EXPECT_EQ(stream.Below(9, 1), 0U);
  constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
  EXPECT_LT(stream.Below(9, kMax), kMax);
}

// From mpmath 1.3.0 with 60 digits, at the exact values of the doubles.
TEST(NormalQuantile, KnownValues) {
  const struct {
    double p;
    double x;
  } kKnown[] = {
      {1e-300, -37.04709629936119923654704},
      {1e-100, -21.27345356096532429417952},
      {1e-20, -9.262340089798407579572095},
      {0x1p-53, -8.209536151601386855630769},
      {1e-10, -6.361340902404056199100397},
      {1e-5, -4.264890793922824610233749},
      {0.001, -3.090232306167813535358005},
      {0.025, -1.959963984540054211779584},
      {0.075, -1.439531470938455934949801},  // end of the central approximation
      {0.1, -1.281551565544600435334517},
      {0.25, -0.674489750196081743202227},
      {0.3, -0.5244005127080408159694544},
      {0.6, 0.2533471031357997413246887},
      {0.9, 1.281551565544600593487448},
      {0.975, 1.959963984540053855604431},
      {0.999, 3.090232306167813277758202},
      {1 - 0x1p-53, 8.209536151601386855630769},
  };
  for (const auto& [p, x] : kKnown) {
    EXPECT_NEAR(NormalQuantile(p) / x, 1, 1e-15) << p;
  }
  EXPECT_EQ(NormalQuantile(0.5), 0);
}

TEST(NormalQuantile, IsOddAndIncreasing) {
  double last = -std::numeric_limits<double>::infinity();
  for (int i = 1; i < 1024; ++i) {
    const double p = i / 1024.0;  // exact, and so is 1 - p
    const double x = NormalQuantile(p);
    EXPECT_GT(x, last);
    EXPECT_EQ(NormalQuantile(1 - p), -x);
    last = x;
  }
}

}  // namespace
}  // namespace wsel
