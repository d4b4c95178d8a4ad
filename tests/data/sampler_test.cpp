#include "wsel/data/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "throws.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"

namespace wsel::data {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<BatchIndices> AllOf(const BatchSampler& sampler) {
  std::vector<BatchIndices> batches;
  for (auto batch = sampler(); !batch.indices.empty(); batch = sampler()) {
    batches.push_back(std::move(batch));
  }
  return batches;
}

TEST(Permutation, HasEachIndexOnce) {
  for (const int64_t size : {0, 1, 2, 1000}) {
    std::vector<int64_t> order = Permutation(size, 7, 3);
    std::ranges::sort(order);
    ASSERT_EQ(order.size(), static_cast<size_t>(size));
    for (int64_t i = 0; i < size; ++i) EXPECT_EQ(order[i], i);
  }
}

// Resumed runs must see the same order as when they were started.
TEST(Permutation, StaysTheSameFromVersionToVersion) {
  EXPECT_THAT(Permutation(8, 1, 0), ElementsAre(0, 6, 2, 5, 3, 7, 1, 4));
}

TEST(Permutation, DependsOnSeedAndEpoch) {
  const auto order = Permutation(1000, 1, 0);
  EXPECT_EQ(order, Permutation(1000, 1, 0));
  EXPECT_NE(order, Permutation(1000, 2, 0));
  EXPECT_NE(order, Permutation(1000, 1, 1));
}

// Each of the 6 orders of 3 has probability 1/6: within 5 sigma of 1000.
TEST(Permutation, AllOrdersAreEquallyLikely) {
  std::vector<int> count(27);
  for (int64_t epoch = 0; epoch < 6000; ++epoch) {
    const auto order = Permutation(3, 5, epoch);
    ++count[static_cast<size_t>(9 * order[0] + 3 * order[1] + order[2])];
  }
  std::erase(count, 0);
  ASSERT_EQ(count.size(), 6U);
  for (const int times : count) EXPECT_NEAR(times, 1000, 145);
}

std::vector<int64_t> CountsOf(const std::vector<int64_t>& order, size_t size) {
  std::vector<int64_t> counts(size);
  for (const int64_t i : order) ++counts[static_cast<size_t>(i)];
  return counts;
}

TEST(BalancedOrder, HasEachClassAndItsSamplesEquallyOften) {
  // 14 of class 0, 4 of class 2, 2 of class 3.
  std::vector<int32_t> labels(20, 0);
  for (const size_t i : {3U, 8U, 9U, 15U}) labels[i] = 2;
  for (const size_t i : {1U, 19U}) labels[i] = 3;
  const auto order = BalancedOrder(labels, 7, 0);
  ASSERT_EQ(order.size(), labels.size());
  std::vector<int64_t> by_class(4);
  for (const int64_t i : order) {
    ++by_class[static_cast<size_t>(labels[static_cast<size_t>(i)])];
  }
  EXPECT_EQ(by_class[1], 0);
  for (const size_t c : {0U, 2U, 3U}) {
    EXPECT_GE(by_class[c], 6);
    EXPECT_LE(by_class[c], 7);
  }
  const auto counts = CountsOf(order, labels.size());
  for (size_t i = 0; i < labels.size(); ++i) {
    const int64_t share = labels[i] == 0 ? 0 : labels[i] == 2 ? 1 : 3;
    EXPECT_GE(counts[i], share) << i;
    EXPECT_LE(counts[i], share + 1) << i;
  }
}

// All samples of a large class come up over the epochs.
TEST(BalancedOrder, DependsOnSeedAndEpoch) {
  std::vector<int32_t> labels(40, 0);
  labels[5] = 1;
  EXPECT_EQ(BalancedOrder(labels, 1, 0), BalancedOrder(labels, 1, 0));
  EXPECT_NE(BalancedOrder(labels, 1, 0), BalancedOrder(labels, 2, 0));
  std::vector<int64_t> counts(40);
  for (int64_t epoch = 0; epoch < 40; ++epoch) {
    const auto order = BalancedOrder(labels, 1, epoch);
    EXPECT_EQ(std::ranges::count(order, 5), 20);
    for (const int64_t i : order) ++counts[static_cast<size_t>(i)];
  }
  EXPECT_GT(std::ranges::min(counts), 0);
}

// A repeated sample has other crops each time, a first one those of its index.
TEST(TrainBatches, BalancedOnesHaveAnAddressForEachRepetition) {
  TrainSampling sampling{
      .size = 12,
      .batch_size = 4,
      .chunk = 2,
      .seed = 9,
      .total_steps = 6,
      .balanced_labels = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
  const auto batches = AllOf(TrainBatches(sampling));
  ASSERT_EQ(batches.size(), 12U);
  std::vector<int64_t> addresses;  // of the first epoch
  for (size_t b = 0; b < 6; ++b) {
    const auto order = BalancedOrder(sampling.balanced_labels, 9, 0);
    EXPECT_THAT(batches[b].indices,
                ElementsAre(order[b * 2], order[b * 2 + 1]));
    ASSERT_EQ(batches[b].addresses.size(), 2U);
    for (size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(batches[b].addresses[i] % 12, batches[b].indices[i]);
      addresses.push_back(batches[b].addresses[i]);
    }
  }
  std::ranges::sort(addresses);
  EXPECT_TRUE(std::ranges::adjacent_find(addresses) == addresses.end());
  EXPECT_EQ(addresses.back(), 11 + 12 * 5);  // the sixth time

  sampling.first_step = 4;
  const auto rest = AllOf(TrainBatches(sampling));
  ASSERT_EQ(rest.size(), 4U);
  EXPECT_EQ(rest[0].indices, batches[8].indices);
  EXPECT_EQ(rest[0].addresses, batches[8].addresses);
  sampling.balanced_labels.pop_back();
  ExpectError([&] { TrainBatches(sampling); }, ErrorKind::kConfig, {"labels"});
}

TEST(TrainBatches, ReturnsTheChunksOfEachStepAndDropsTheRest) {
  const auto batches = AllOf(TrainBatches(
      {.size = 11, .batch_size = 4, .chunk = 2, .seed = 9, .total_steps = 4}));
  ASSERT_EQ(batches.size(), 8U);
  for (size_t i = 0; i < batches.size(); ++i) {
    const int64_t epoch = static_cast<int64_t>(i) / 4;  // two steps each
    const auto order = Permutation(11, 9, epoch);
    EXPECT_EQ(batches[i].epoch, epoch);
    EXPECT_THAT(batches[i].indices,
                ElementsAre(order[i % 4 * 2], order[i % 4 * 2 + 1]));
  }
}

TEST(TrainBatches, ResumesAtAnyStep) {
  TrainSampling sampling{
      .size = 10, .batch_size = 3, .chunk = 3, .seed = 4, .total_steps = 7};
  const auto whole = AllOf(TrainBatches(sampling));
  for (int64_t first = 0; first <= 7; ++first) {
    sampling.first_step = first;
    const auto rest = AllOf(TrainBatches(sampling));
    ASSERT_EQ(rest.size(), static_cast<size_t>(7 - first));
    for (size_t i = 0; i < rest.size(); ++i) {
      EXPECT_EQ(rest[i].epoch, whole[first + i].epoch);
      EXPECT_EQ(rest[i].indices, whole[first + i].indices);
    }
  }
}

TEST(TrainBatches, RanksHaveTheSharesOfEachStep) {
  TrainSampling sampling{
      .size = 11, .batch_size = 8, .chunk = 2, .seed = 3, .total_steps = 2};
  const auto whole = AllOf(TrainBatches(sampling));
  ASSERT_EQ(whole.size(), 8U);
  for (int64_t rank = 0; rank < 2; ++rank) {
    sampling.share_first = 4 * rank;
    sampling.share_count = 4;
    const auto share = AllOf(TrainBatches(sampling));
    ASSERT_EQ(share.size(), 4U);
    for (size_t i = 0; i < share.size(); ++i) {
      const size_t step = i / 2;
      const size_t at = step * 4 + static_cast<size_t>(rank) * 2 + i % 2;
      EXPECT_EQ(share[i].indices, whole[at].indices) << rank << " " << i;
    }
  }
  sampling.share_count = 3;
  ExpectError([&] { TrainBatches(sampling); }, ErrorKind::kConfig,
              {"loader batch size", "3 samples"});
}

// With timm's order, 0, 1, 2, ..., in place of the permutation.
TEST(TrainBatches, RepeatsEqualTimm) {
  const std::string path = WSEL_SOURCE_DIR "/tests/golden/data/repeats.json";
  const auto rows = ParseJson(ReadText(path), path, ErrorKind::kFormat)["rows"];
  ASSERT_GE(rows.size(), 5U);
  for (const auto& row : rows) {
    const int64_t size = row["size"];
    const int64_t batch = row["batch_size"];
    const int64_t repeats = row["repeats"];
    const auto& steps = row["steps"];
    EXPECT_EQ(StepsPerEpoch(size, batch, repeats),
              static_cast<int64_t>(steps.size()))
        << row["size"];
    const auto batches =
        AllOf(TrainBatches({.size = size,
                            .batch_size = batch,
                            .chunk = batch,
                            .seed = 6,
                            .total_steps = static_cast<int64_t>(steps.size()),
                            .repeats = repeats}));
    ASSERT_EQ(batches.size(), steps.size());
    const auto order = Permutation(size, 6, 0);
    for (size_t i = 0; i < batches.size(); ++i) {
      std::vector<int64_t> expected;
      for (const int64_t place : steps[i].get<std::vector<int64_t>>()) {
        expected.push_back(order[static_cast<size_t>(place)]);
      }
      EXPECT_EQ(batches[i].indices, expected) << size << " " << i;
    }
  }
}

TEST(TrainBatches, EachRepeatHasItsOwnDraws) {
  const auto batches = AllOf(TrainBatches({.size = 12,
                                           .batch_size = 6,
                                           .chunk = 6,
                                           .seed = 1,
                                           .first_step = 2,
                                           .total_steps = 4,
                                           .repeats = 3}));
  ASSERT_EQ(batches.size(), 2U);
  for (const BatchIndices& batch : batches) {
    EXPECT_EQ(batch.epoch, 1);
    EXPECT_THAT(batch.draws, ElementsAre(3, 4, 5, 3, 4, 5));
    EXPECT_EQ(batch.indices[0], batch.indices[2]);
    EXPECT_NE(batch.indices[2], batch.indices[3]);
  }
  const auto plain = AllOf(TrainBatches(
      {.size = 12, .batch_size = 6, .chunk = 6, .total_steps = 1}));
  EXPECT_THAT(plain.at(0).draws, IsEmpty());
  ExpectError([] { StepsPerEpoch(10, 2, 0); }, ErrorKind::kConfig,
              {"augment.repeats"});
}

TEST(TrainBatches, RejectsInvalidArguments) {
  const auto expect_error = [](const TrainSampling& sampling,
                               const std::vector<std::string>& parts) {
    ExpectError([&] { TrainBatches(sampling); }, ErrorKind::kConfig, parts);
  };
  expect_error({.size = 500, .batch_size = 512, .chunk = 512, .total_steps = 1},
               {"train.batch_size", "512", "500", "lower it"});
  expect_error({.size = 500, .batch_size = 0, .chunk = 1},
               {"train.batch_size"});
  expect_error({.size = 500, .batch_size = 12, .chunk = 5},
               {"5", "divide", "12"});
  expect_error({.size = 500, .batch_size = 12, .chunk = 0},
               {"loader batch size"});
  expect_error({.size = 9, .batch_size = 3, .chunk = 3, .first_step = -1},
               {"-1"});
  expect_error({.size = 9,
                .batch_size = 3,
                .chunk = 3,
                .first_step = 6,
                .total_steps = 5},
               {"6", "5 steps"});
}

TEST(EvalBatches, ReturnsAllSamplesInOrder) {
  const auto batches = AllOf(EvalBatches(7, 3));
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_THAT(batches[0].indices, ElementsAre(0, 1, 2));
  EXPECT_THAT(batches[1].indices, ElementsAre(3, 4, 5));
  EXPECT_THAT(batches[2].indices, ElementsAre(6));
  EXPECT_EQ(batches[2].epoch, 0);
}

TEST(EvalBatches, RanksHaveEveryOtherBatch) {
  const auto whole = AllOf(EvalBatches(7, 2));
  const auto first = AllOf(EvalBatches(7, 2, 0, 3));
  const auto last = AllOf(EvalBatches(7, 2, 2, 3));
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].indices, whole[0].indices);
  EXPECT_EQ(first[1].indices, whole[3].indices);
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(last[0].indices, whole[2].indices);
  EXPECT_THAT(AllOf(EvalBatches(2, 2, 1, 2)), IsEmpty());
}

TEST(EvalBatches, AnEmptyDataSetHasNone) {
  EXPECT_THAT(AllOf(EvalBatches(0, 3)), IsEmpty());
}

TEST(EvalBatches, RejectsABatchSizeOfZero) {
  ExpectError([] { EvalBatches(7, 0); }, ErrorKind::kConfig, {"0"});
}

}  // namespace
}  // namespace wsel::data
