#include "wsel/core/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

namespace wsel {
namespace {

TEST(ParallelFor, CallsEachIndexOnce) {
  for (const size_t threads : {0, 1, 2, 16}) {
    std::vector<std::atomic<int>> calls(1000);
    ParallelFor(
        calls.size(), [&](size_t i) { ++calls[i]; }, threads);
    for (const auto& count : calls) EXPECT_EQ(count, 1);
  }
}

TEST(ParallelFor, AcceptsZeroCalls) {
  ParallelFor(0, [](size_t) { FAIL(); });
}

TEST(ParallelFor, RunsOneThreadInTheCaller) {
  const auto caller = std::this_thread::get_id();
  ParallelFor(
      3, [&](size_t) { EXPECT_EQ(std::this_thread::get_id(), caller); }, 1);
}

TEST(ParallelFor, RethrowsAndStops) {
  for (const size_t threads : {1, 4}) {
    std::atomic<int> calls = 0;
    const auto body = [&](size_t i) {
      ++calls;
      if (i == 3) throw std::runtime_error("three");
      // Others are slow, so that a loop that does not stop would be noticed.
      if (i > 3) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    };
    EXPECT_THROW(ParallelFor(100'000, body, threads), std::runtime_error);
    EXPECT_LT(calls, 50'000);
  }
}

// The message must not depend on thread timing.
TEST(ParallelFor, RethrowsTheExceptionOfTheSmallestIndex) {
  const auto body = [](size_t i) {
    if (i < 5) return;
    // Larger indices throw earlier.
    std::this_thread::sleep_for(std::chrono::milliseconds(5 * (12 - i)));
    throw i;
  };
  for (int run = 0; run < 20; ++run) {
    try {
      ParallelFor(12, body, 8);
      FAIL();
    } catch (size_t index) {
      EXPECT_EQ(index, 5U);
    }
  }
}

}  // namespace
}  // namespace wsel
