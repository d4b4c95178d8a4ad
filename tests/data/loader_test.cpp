#include "wsel/data/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>

#include "throws.h"
#include "wsel/data/sampler.h"

namespace wsel::data {
namespace {

using testing::Each;
using testing::ElementsAre;

constexpr int kSide = 3;
constexpr size_t kBytes = 3 * kSide * kSide;

// Sample i is one pixel of colour (i, i + 1, i + 2), of class i % 5.
Dataset Numbers(int64_t size) {
  Dataset dataset;
  for (int64_t i = 0; i < size; ++i) {
    dataset.labels.push_back(static_cast<int32_t>(i % 5));
  }
  dataset.picture = [](int64_t i) {
    const auto value = static_cast<uint8_t>(i);
    return image::Image(1, 1,
                        {value, static_cast<uint8_t>(value + 1),
                         static_cast<uint8_t>(value + 2)});
  };
  dataset.origin = [](int64_t i) { return "number " + std::to_string(i); };
  return dataset;
}

// The same, where some pictures throw.
Dataset Broken(int64_t size, std::set<int64_t> broken, ErrorKind kind) {
  Dataset dataset = Numbers(size);
  dataset.picture = [good = dataset.picture, broken = std::move(broken),
                     kind](int64_t i) {
    if (broken.contains(i)) throw Error(kind, std::to_string(i), "is broken");
    return good(i);
  };
  return dataset;
}

// Fills with the picture's pixel, plus the epoch in its red. Every third sample
// has an overlay.
void Fill(const image::Image& picture, int64_t epoch, int64_t index,
          std::span<uint8_t> out, Overlay& overlay) {
  for (size_t i = 0; i < out.size(); ++i) out[i] = picture.bytes()[i % 3];
  for (size_t i = 0; i < out.size(); i += 3) {
    out[i] = static_cast<uint8_t>(out[i] + epoch);
  }
  if (index % 3 == 0) {
    overlay = {1, 0, 1, 1, std::vector<float>(3, static_cast<float>(index))};
  }
}

// As Fill, at another pace each time.
void FillUnevenly(const image::Image& picture, int64_t epoch, int64_t index,
                  std::span<uint8_t> out, Overlay& overlay) {
  thread_local std::minstd_rand generator{std::random_device{}()};
  if (generator() % 4 == 0) {
    std::this_thread::sleep_for(std::chrono::microseconds(generator() % 500));
  }
  Fill(picture, epoch, index, out, overlay);
}

LoaderOptions Options(int workers, int64_t batch_size = 4) {
  return {.img_size = kSide, .batch_size = batch_size, .workers = workers};
}

NextBatch TwoEpochs(int64_t size) {
  return TrainBatches({.size = size,
                       .batch_size = 8,
                       .chunk = 4,
                       .seed = 3,
                       .total_steps = 2 * (size / 8)});
}

// All that a loader gives, as one text.
std::string Everything(Loader& loader) {
  std::string text;
  while (const Batch* batch = loader.Next()) {
    text += "epoch " + std::to_string(batch->epoch) + '\n';
    text.append(batch->pixels.begin(), batch->pixels.end());
    for (size_t i = 0; i < batch->indices.size(); ++i) {
      const Overlay& over = batch->overlays[i];
      text += std::to_string(batch->indices[i]) + ' ' +
              std::to_string(batch->labels[i]) + ' ' +
              std::to_string(batch->valid[i]) + ' ' +
              std::to_string(over.height) + ' ' +
              testing::PrintToString(over.values) + '\n';
    }
  }
  return text;
}

// The text of what Next throws after `batches` good ones.
std::string ErrorAfter(Loader& loader, int batches) {
  for (int i = 0; i < batches; ++i) {
    if (loader.Next() == nullptr) return "the end";
  }
  try {
    loader.Next();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "no error";
}

TEST(Loader, GivesTheSamplesOfEachBatch) {
  Loader loader(Numbers(7), Fill, EvalBatches(7, 4), Options(2));
  const Batch* batch = loader.Next();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->size, 4);
  EXPECT_THAT(batch->indices, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(batch->labels, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(batch->valid, Each(true));
  ASSERT_EQ(batch->pixels.size(), 4 * kBytes);
  EXPECT_THAT(batch->pixels.subspan(2 * kBytes, 6),
              ElementsAre(2, 3, 4, 2, 3, 4));
  ASSERT_EQ(batch->overlays.size(), 4U);
  EXPECT_EQ(batch->overlays[1].height, 0);
  EXPECT_EQ(batch->overlays[3].height, 1);
  EXPECT_THAT(batch->overlays[3].values, ElementsAre(3, 3, 3));

  batch = loader.Next();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->size, 3);
  EXPECT_THAT(batch->indices, ElementsAre(4, 5, 6));
  EXPECT_THAT(batch->labels, ElementsAre(4, 0, 1));
  EXPECT_EQ(batch->pixels.size(), 3 * kBytes);
  EXPECT_EQ(batch->valid.size(), 3U);
  EXPECT_EQ(batch->overlays.size(), 3U);

  EXPECT_EQ(loader.Next(), nullptr);
  EXPECT_EQ(loader.Next(), nullptr);
}

TEST(Loader, AnyNumberOfWorkersGivesTheSameBytes) {
  Dataset dataset = Broken(100, {3, 40, 41}, ErrorKind::kFormat);
  std::vector<std::string> texts;
  for (const int workers : {0, 1, 7, -1}) {
    LoaderOptions options = Options(workers);
    options.skip_broken = true;
    Loader loader(dataset, FillUnevenly, TwoEpochs(100), options);
    texts.push_back(Everything(loader));
  }
  // 2 x 96 samples of 27 bytes, and more.
  EXPECT_GT(texts[0].size(), 2 * 96 * kBytes);
  EXPECT_THAT(texts, Each(texts[0]));
}

// An overlay of a batch that used the slot before must not show.
TEST(Loader, OverlaysEndWithTheirBatch) {
  Loader loader(Numbers(30), Fill, EvalBatches(30, 1), Options(2, 1));
  for (int64_t i = 0; i < 30; ++i) {
    const Overlay& overlay = loader.Next()->overlays[0];
    EXPECT_EQ(overlay.height, i % 3 == 0 ? 1 : 0);
    EXPECT_EQ(overlay.values.empty(), i % 3 != 0);
  }
}

TEST(Loader, WithoutWorkersAllHappensInNext) {
  const auto caller = std::this_thread::get_id();
  int made = 0;
  const auto transform = [&](const image::Image&, int64_t, int64_t,
                             std::span<uint8_t>, Overlay&) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    ++made;
  };
  Loader loader(Numbers(8), transform, EvalBatches(8, 4), Options(0));
  EXPECT_EQ(made, 0);
  loader.Next();
  EXPECT_EQ(made, 4);
}

TEST(Loader, WorkersFillTheRingBeforeItIsAskedFor) {
  std::atomic<int> made = 0;
  const auto transform = [&](const image::Image&, int64_t, int64_t,
                             std::span<uint8_t>, Overlay&) {
    ++made;
    made.notify_all();
  };
  Loader loader(Numbers(40), transform, EvalBatches(40, 4), Options(2));
  for (int now = made; now < 12; now = made) made.wait(now);
  EXPECT_EQ(made, 12);  // three slots of 4, and the ring is full
}

TEST(Loader, PicturesLieInTheMemoryThatWasAllocated) {
  std::vector<std::shared_ptr<uint8_t>> blocks;
  const auto allocate = [&](size_t bytes) {
    EXPECT_EQ(bytes, 4 * kBytes);
    return blocks.emplace_back(new uint8_t[bytes],
                               std::default_delete<uint8_t[]>());
  };
  Loader loader(Numbers(40), Fill, EvalBatches(40, 4), Options(2), allocate);
  EXPECT_EQ(blocks.size(), 3U);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(loader.Next()->pixels.data(), blocks[i % 3].get());
  }
}

TEST(Loader, ABrokenPictureIsAnErrorAfterTheBatchesBeforeIt) {
  for (const int workers : {0, 1, 7}) {
    Loader loader(Broken(40, {10}, ErrorKind::kFormat), Fill,
                  EvalBatches(40, 4), Options(workers));
    EXPECT_EQ(ErrorAfter(loader, 2), "10: is broken");
    EXPECT_EQ(ErrorAfter(loader, 0), "10: is broken");  // and stays
  }
}

// The message must not depend on which thread was faster.
TEST(Loader, ThrowsTheErrorOfTheFirstSampleInOrder) {
  const auto transform = [](const image::Image&, int64_t, int64_t index,
                            std::span<uint8_t>, Overlay&) {
    if (index < 5) return;
    // The later ones throw earlier.
    std::this_thread::sleep_for(std::chrono::milliseconds(5 * (12 - index)));
    throw std::runtime_error(std::to_string(index));
  };
  for (const int workers : {0, 1, 7}) {
    Loader loader(Numbers(12), transform, EvalBatches(12, 4), Options(workers));
    EXPECT_EQ(ErrorAfter(loader, 1), "5");
  }
}

TEST(Loader, SkipsBrokenPicturesAndRemembersThem) {
  for (const int workers : {0, 1, 7}) {
    for (const ErrorKind kind : {ErrorKind::kFormat, ErrorKind::kIo}) {
      LoaderOptions options = Options(workers);
      options.skip_broken = true;
      Loader loader(Broken(8, {2, 5, 7}, kind), Fill, EvalBatches(8, 4),
                    options);
      const Batch* batch = loader.Next();
      EXPECT_THAT(batch->valid, ElementsAre(true, true, false, true));
      EXPECT_THAT(batch->pixels.subspan(2 * kBytes, kBytes), Each(0));
      EXPECT_EQ(batch->pixels[kBytes], 1);
      EXPECT_EQ(loader.broken(), 1);
      EXPECT_THAT(loader.broken_origins(), ElementsAre("number 2"));
      batch = loader.Next();
      EXPECT_THAT(batch->valid, ElementsAre(true, false, true, false));
      EXPECT_EQ(loader.broken(), 3);
      EXPECT_THAT(loader.broken_origins(),
                  ElementsAre("number 2", "number 5", "number 7"));
    }
  }
}

TEST(Loader, NamesTwentyBrokenPicturesAndNoneTwice) {
  std::set<int64_t> all;
  for (int64_t i = 0; i < 40; ++i) all.insert(i);
  LoaderOptions options = Options(2);
  options.skip_broken = true;
  const auto broken = [&](int64_t size) {
    Loader loader(Broken(size, all, ErrorKind::kIo), Fill, TwoEpochs(size),
                  options);
    Everything(loader);
    return std::pair(loader.broken(), loader.broken_origins().size());
  };
  EXPECT_EQ(broken(8), std::pair(int64_t{16}, size_t{8}));
  EXPECT_EQ(broken(40), std::pair(int64_t{80}, size_t{20}));
}

TEST(Loader, SkipsNothingButBrokenPictures) {
  LoaderOptions options = Options(2);
  options.skip_broken = true;
  Loader config(Broken(8, {5}, ErrorKind::kConfig), Fill, EvalBatches(8, 4),
                options);
  EXPECT_EQ(ErrorAfter(config, 1), "5: is broken");

  const auto transform = [](const image::Image&, int64_t, int64_t index,
                            std::span<uint8_t>, Overlay&) {
    if (index == 5) throw Error(ErrorKind::kFormat, "transform", "fails");
  };
  Loader failing(Numbers(8), transform, EvalBatches(8, 4), options);
  EXPECT_EQ(ErrorAfter(failing, 1), "transform: fails");

  Dataset unforeseen = Numbers(8);
  unforeseen.picture = [](int64_t) -> image::Image {
    throw std::runtime_error("unforeseen");
  };
  Loader other(unforeseen, Fill, EvalBatches(8, 4), options);
  EXPECT_EQ(ErrorAfter(other, 0), "unforeseen");
}

TEST(Loader, ThrowsWhatThePlanThrowsAfterTheBatchesBeforeIt) {
  for (const int workers : {0, 2}) {
    const auto next = [good = EvalBatches(40, 4),
                       calls = 0]() mutable -> BatchPlan {
      if (++calls == 3) throw std::runtime_error("no third plan");
      EXPECT_LT(calls, 3) << "asked again after it threw";
      return good();
    };
    Loader loader(Numbers(40), Fill, next, Options(workers));
    EXPECT_EQ(ErrorAfter(loader, 2), "no third plan");
    EXPECT_EQ(ErrorAfter(loader, 0), "no third plan");
  }
}

TEST(Loader, RefusesPlansThatDoNotFit) {
  const auto refuses = [](const std::vector<int64_t>& indices,
                          const std::vector<std::string>& parts) {
    Loader loader(
        Numbers(8), Fill,
        [&] {
          return BatchPlan{0, indices};
        },
        Options(2));
    ExpectError([&] { loader.Next(); }, ErrorKind::kConfig, parts);
  };
  refuses({0, 1, 2, 3, 4}, {"5", "4"});
  refuses({0, -1}, {"-1"});
  refuses({0, 8}, {"8", "7"});
}

TEST(Loader, RefusesOptionsOutOfRange) {
  const auto refuses = [](const LoaderOptions& options,
                          const std::string& option) {
    ExpectError([&] { Loader(Numbers(8), Fill, EvalBatches(8, 4), options); },
                ErrorKind::kConfig, {option});
  };
  refuses({.img_size = 0}, "img_size");
  refuses({.img_size = 1 << 20}, "img_size");
  refuses({.batch_size = 0}, "batch_size");
  refuses({.workers = -2}, "workers");
  refuses({.slots = 1}, "slots");
}

// Any hang or race shows here, the latter under a thread sanitizer.
TEST(Loader, EndsAtAnyMoment) {
  std::minstd_rand generator(5);
  for (int run = 0; run < 300; ++run) {
    const int workers = static_cast<int>(generator() % 8);
    LoaderOptions options = Options(workers, 1 + generator() % 3);
    options.slots = static_cast<int>(2 + generator() % 3);
    options.skip_broken = generator() % 2 == 0;
    const std::set<int64_t> broken = {static_cast<int64_t>(generator() % 200)};
    Loader loader(Broken(100, broken, ErrorKind::kFormat),
                  run % 10 == 0 ? Transform(FillUnevenly) : Transform(Fill),
                  EvalBatches(100, options.batch_size), options);
    const auto batches = static_cast<int64_t>(generator() % 120);
    int64_t samples = 0;
    try {
      for (int64_t i = 0; i < batches; ++i) {
        const Batch* batch = loader.Next();
        if (batch == nullptr) {
          EXPECT_EQ(samples, 100);
          break;
        }
        for (const int64_t index : batch->indices) EXPECT_EQ(index, samples++);
      }
    } catch (const Error& e) {
      EXPECT_FALSE(options.skip_broken);
      EXPECT_EQ(e.where(), std::to_string(*broken.begin()));
      EXPECT_EQ(*broken.begin() / options.batch_size * options.batch_size,
                samples);
    }
  }
}

}  // namespace
}  // namespace wsel::data
