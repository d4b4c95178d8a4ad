#include "wsel/data/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>

#include "data/image_files.h"
#include "data/sample_order.h"
#include "throws.h"
#include "wsel/data/sampler.h"
#include "wsel/image/geometry.h"

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
  dataset.image = [](int64_t i) {
    const auto value = static_cast<uint8_t>(i);
    return image::Image(1, 1,
                        {value, static_cast<uint8_t>(value + 1),
                         static_cast<uint8_t>(value + 2)});
  };
  dataset.filename = [](int64_t i) { return "sample " + std::to_string(i); };
  return dataset;
}

// The same, but the `corrupt` images throw.
Dataset WithCorrupt(int64_t size, std::set<int64_t> corrupt, ErrorKind kind) {
  Dataset dataset = Numbers(size);
  dataset.image = [good = dataset.image, corrupt = std::move(corrupt),
                   kind](int64_t i) {
    if (corrupt.contains(i)) throw Error(kind, std::to_string(i), "is corrupt");
    return good(i);
  };
  return dataset;
}

// Fills with the image's pixel, with the epoch added to red. Every third sample
// has an erase patch.
void Fill(const image::Image& image, int64_t epoch, int64_t index,
          std::span<uint8_t> out, ErasePatch& patch) {
  for (size_t i = 0; i < out.size(); ++i) out[i] = image.bytes()[i % 3];
  for (size_t i = 0; i < out.size(); i += 3) {
    out[i] = static_cast<uint8_t>(out[i] + epoch);
  }
  if (index % 3 == 0) {
    patch = {1, 0, 1, 1, std::vector<float>(3, static_cast<float>(index))};
  }
}

// As Fill, but with random delays.
void FillWithDelays(const image::Image& image, int64_t epoch, int64_t index,
                    std::span<uint8_t> out, ErasePatch& patch) {
  thread_local std::minstd_rand generator{std::random_device{}()};
  if (generator() % 4 == 0) {
    std::this_thread::sleep_for(std::chrono::microseconds(generator() % 500));
  }
  Fill(image, epoch, index, out, patch);
}

LoaderOptions Options(int workers, int64_t batch_size = 4) {
  return {.img_size = kSide, .batch_size = batch_size, .workers = workers};
}

BatchSampler TwoEpochs(int64_t size) {
  return TrainBatches({.size = size,
                       .batch_size = 8,
                       .chunk = 4,
                       .seed = 3,
                       .total_steps = 2 * (size / 8)});
}

// All batches of a loader as text.
std::string AllBatches(Loader& loader) {
  std::string text;
  while (const Batch* batch = loader.Next()) {
    text += "epoch " + std::to_string(batch->epoch) + '\n';
    text.append(batch->pixels.begin(), batch->pixels.end());
    for (size_t i = 0; i < batch->indices.size(); ++i) {
      const ErasePatch& patch = batch->erase_patches[i];
      text += std::to_string(batch->indices[i]) + ' ' +
              std::to_string(batch->labels[i]) + ' ' +
              std::to_string(batch->valid[i]) + ' ' +
              std::to_string(patch.height) + ' ' +
              testing::PrintToString(patch.values) + '\n';
    }
  }
  return text;
}

// The message of the error that Next throws after `batches` batches.
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

TEST(Loader, ReturnsTheSamplesOfEachBatch) {
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
  ASSERT_EQ(batch->erase_patches.size(), 4U);
  EXPECT_EQ(batch->erase_patches[1].height, 0);
  EXPECT_EQ(batch->erase_patches[3].height, 1);
  EXPECT_THAT(batch->erase_patches[3].values, ElementsAre(3, 3, 3));

  batch = loader.Next();
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->size, 3);
  EXPECT_THAT(batch->indices, ElementsAre(4, 5, 6));
  EXPECT_THAT(batch->labels, ElementsAre(4, 0, 1));
  EXPECT_EQ(batch->pixels.size(), 3 * kBytes);
  EXPECT_EQ(batch->valid.size(), 3U);
  EXPECT_EQ(batch->erase_patches.size(), 3U);

  EXPECT_EQ(loader.Next(), nullptr);
  EXPECT_EQ(loader.Next(), nullptr);
}

TEST(Loader, BytesDoNotDependOnTheNumberOfWorkers) {
  Dataset dataset = WithCorrupt(100, {3, 40, 41}, ErrorKind::kFormat);
  std::vector<std::string> texts;
  for (const int workers : {0, 1, 7, -1}) {
    LoaderOptions options = Options(workers);
    options.skip_corrupt = true;
    Loader loader(dataset, FillWithDelays, TwoEpochs(100), options);
    texts.push_back(AllBatches(loader));
  }
  // 2 x 96 samples of 27 bytes, and more.
  EXPECT_GT(texts[0].size(), 2 * 96 * kBytes);
  EXPECT_THAT(texts, Each(texts[0]));
}

// The erase patch of an earlier batch in the same slot must not remain.
TEST(Loader, ErasePatchesAreResetForEachBatch) {
  Loader loader(Numbers(30), Fill, EvalBatches(30, 1), Options(2, 1));
  for (int64_t i = 0; i < 30; ++i) {
    const ErasePatch& patch = loader.Next()->erase_patches[0];
    EXPECT_EQ(patch.height, i % 3 == 0 ? 1 : 0);
    EXPECT_EQ(patch.values.empty(), i % 3 != 0);
  }
}

TEST(Loader, WithoutWorkersNextLoadsTheBatch) {
  const auto caller = std::this_thread::get_id();
  int loaded = 0;
  const auto transform = [&](const image::Image&, int64_t, int64_t,
                             std::span<uint8_t>, ErasePatch&) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    ++loaded;
  };
  Loader loader(Numbers(8), transform, EvalBatches(8, 4), Options(0));
  EXPECT_EQ(loaded, 0);
  loader.Next();
  EXPECT_EQ(loaded, 4);
}

TEST(Loader, WorkersPrefetchBatches) {
  std::atomic<int> loaded = 0;
  const auto transform = [&](const image::Image&, int64_t, int64_t,
                             std::span<uint8_t>, ErasePatch&) {
    ++loaded;
    loaded.notify_all();
  };
  Loader loader(Numbers(40), transform, EvalBatches(40, 4), Options(2));
  for (int now = loaded; now < 12; now = loaded) loaded.wait(now);
  EXPECT_EQ(loaded, 12);  // the ring buffer holds three batches of 4
}

TEST(Loader, PixelsAreInTheAllocatedMemory) {
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

TEST(Loader, ThrowsForCorruptImageAfterEarlierBatches) {
  for (const int workers : {0, 1, 7}) {
    Loader loader(WithCorrupt(40, {10}, ErrorKind::kFormat), Fill,
                  EvalBatches(40, 4), Options(workers));
    EXPECT_EQ(ErrorAfter(loader, 2), "10: is corrupt");
    EXPECT_EQ(ErrorAfter(loader, 0), "10: is corrupt");  // and again
  }
}

// The error must not depend on which thread is faster.
TEST(Loader, ThrowsTheErrorOfTheFirstSampleInOrder) {
  const auto transform = [](const image::Image&, int64_t, int64_t index,
                            std::span<uint8_t>, ErasePatch&) {
    if (index < 5) return;
    // Later samples throw earlier.
    std::this_thread::sleep_for(std::chrono::milliseconds(5 * (12 - index)));
    throw std::runtime_error(std::to_string(index));
  };
  for (const int workers : {0, 1, 7}) {
    Loader loader(Numbers(12), transform, EvalBatches(12, 4), Options(workers));
    EXPECT_EQ(ErrorAfter(loader, 1), "5");
  }
}

TEST(Loader, SkipsAndReportsCorruptImages) {
  for (const int workers : {0, 1, 7}) {
    for (const ErrorKind kind : {ErrorKind::kFormat, ErrorKind::kIo}) {
      LoaderOptions options = Options(workers);
      options.skip_corrupt = true;
      Loader loader(WithCorrupt(8, {2, 5, 7}, kind), Fill, EvalBatches(8, 4),
                    options);
      const Batch* batch = loader.Next();
      EXPECT_THAT(batch->valid, ElementsAre(true, true, false, true));
      EXPECT_THAT(batch->pixels.subspan(2 * kBytes, kBytes), Each(0));
      EXPECT_EQ(batch->pixels[kBytes], 1);
      EXPECT_EQ(loader.num_corrupt(), 1);
      EXPECT_THAT(loader.corrupt_files(), ElementsAre("sample 2"));
      batch = loader.Next();
      EXPECT_THAT(batch->valid, ElementsAre(true, false, true, false));
      EXPECT_EQ(loader.num_corrupt(), 3);
      EXPECT_THAT(loader.corrupt_files(),
                  ElementsAre("sample 2", "sample 5", "sample 7"));
    }
  }
}

TEST(Loader, NamesAtMostTwentyDistinctCorruptFiles) {
  std::set<int64_t> all;
  for (int64_t i = 0; i < 40; ++i) all.insert(i);
  LoaderOptions options = Options(2);
  options.skip_corrupt = true;
  const auto counts = [&](int64_t size) {
    Loader loader(WithCorrupt(size, all, ErrorKind::kIo), Fill, TwoEpochs(size),
                  options);
    AllBatches(loader);
    return std::pair(loader.num_corrupt(), loader.corrupt_files().size());
  };
  EXPECT_EQ(counts(8), std::pair(int64_t{16}, size_t{8}));
  EXPECT_EQ(counts(40), std::pair(int64_t{80}, size_t{20}));
}

TEST(Loader, SkipsOnlyCorruptImages) {
  LoaderOptions options = Options(2);
  options.skip_corrupt = true;
  Loader config(WithCorrupt(8, {5}, ErrorKind::kConfig), Fill,
                EvalBatches(8, 4), options);
  EXPECT_EQ(ErrorAfter(config, 1), "5: is corrupt");

  const auto transform_to = [](ErrorKind kind) {
    return [kind](const image::Image&, int64_t, int64_t index,
                  std::span<uint8_t>, ErasePatch&) {
      if (index == 5) throw Error(kind, "crop", "fails");
    };
  };
  Loader failing(Numbers(8), transform_to(ErrorKind::kConfig),
                 EvalBatches(8, 4), options);
  EXPECT_EQ(ErrorAfter(failing, 1), "sample 5: crop: fails");

  Dataset unforeseen = Numbers(8);
  unforeseen.image = [](int64_t) -> image::Image {
    throw std::runtime_error("unforeseen");
  };
  Loader other(unforeseen, Fill, EvalBatches(8, 4), options);
  EXPECT_EQ(ErrorAfter(other, 0), "unforeseen");
}

// Such as one of 1 x 4200 pixels for an evaluation crop.
TEST(Loader, AnImageThatCannotBeTransformedIsNamedOrSkipped) {
  const auto transform = [](const image::Image&, int64_t, int64_t index,
                            std::span<uint8_t>, ErasePatch&) {
    if (index == 5) throw Error(ErrorKind::kFormat, "crop", "fails");
  };
  for (const int workers : {0, 2}) {
    LoaderOptions options = Options(workers);
    Loader failing(Numbers(8), transform, EvalBatches(8, 4), options);
    EXPECT_EQ(ErrorAfter(failing, 1), "sample 5: crop: fails");
    options.skip_corrupt = true;
    Loader skipping(Numbers(8), transform, EvalBatches(8, 4), options);
    skipping.Next();
    EXPECT_THAT(skipping.Next()->valid, ElementsAre(true, false, true, true));
    EXPECT_THAT(skipping.corrupt_files(), ElementsAre("sample 5"));
  }
}

// The transform draws by the address, and errors name the sample.
// A transform that reads a few pixels, which it says or not.
Transform PixelsAt(const image::Window& window, bool says_so,
                   std::vector<bool>& black_corners) {
  const auto apply = [window, &black_corners](
                         const image::Image& image, int64_t, int64_t,
                         std::span<uint8_t> out, ErasePatch&) {
    black_corners.push_back(image.bytes()[0] == 0 && image.bytes()[1] == 0);
    const image::Image crop = image::Crop(image, window.left, window.top,
                                          window.width, window.height);
    std::ranges::copy(crop.bytes(), out.begin());
  };
  if (!says_so) return apply;
  return {apply, [window](image::Size, int64_t, int64_t) { return window; }};
}

TEST(Loader, DecodesOnlyTheWindowThatTheTransformNeeds) {
  const Dataset all = DatasetOfFiles(
      "parts", {"a"},
      std::filesystem::path(WSEL_SOURCE_DIR) / "tests/golden/image/parts",
      {{"411.jpg", "420.jpg", "444.jpg"}, {0, 0, 0}});
  for (const Dataset& set : {all, SelectSamples(all, {2, 0})}) {
    std::vector<std::vector<uint8_t>> bytes;
    for (const bool says_so : {false, true}) {
      std::vector<bool> black_corners;
      Loader loader(set,
                    PixelsAt({70, 50, kSide, kSide}, says_so, black_corners),
                    EvalBatches(set.size(), 4),
                    {.img_size = kSide, .batch_size = 4, .workers = 0});
      const Batch* batch = loader.Next();
      ASSERT_NE(batch, nullptr);
      bytes.emplace_back(batch->pixels.begin(), batch->pixels.end());
      EXPECT_THAT(black_corners, Each(says_so && image::DecodesWindows()));
    }
    EXPECT_EQ(bytes[0], bytes[1]);
  }
}

TEST(Loader, WhereTheWindowIsAnErrorTheTransformReportsIt) {
  const Dataset set = DatasetOfFiles(
      "parts", {"a"},
      std::filesystem::path(WSEL_SOURCE_DIR) / "tests/golden/image/parts",
      {{"420.jpg"}, {0}});
  const auto fail = [](const char* text) {
    throw Error(ErrorKind::kFormat, "resize", text);
  };
  const Transform transform = {
      [fail](const image::Image&, int64_t, int64_t, std::span<uint8_t>,
             ErasePatch&) { fail("too long"); },
      [fail](image::Size, int64_t, int64_t) -> image::Window {
        fail("no window");
        return {};
      }};
  Loader loader(set, transform, EvalBatches(1, 1),
                {.img_size = kSide, .batch_size = 1, .workers = 0});
  ExpectError([&] { loader.Next(); }, ErrorKind::kFormat,
              {"420.jpg", "too long"});
}

TEST(Loader, PassesTheAddressOfEachSample) {
  for (const int workers : {0, 2}) {
    const auto transform = [](const image::Image& image, int64_t, int64_t index,
                              std::span<uint8_t> out, ErasePatch&) {
      if (index == 19) throw Error(ErrorKind::kFormat, "crop", "fails");
      out[0] = image.bytes()[0];
      out[1] = static_cast<uint8_t>(index);
    };
    const auto sampler = [calls = 0]() mutable -> BatchIndices {
      switch (++calls) {
        case 1:
          return {0, {3, 3, 5}, {3, 11, 5}};
        case 2:
          return {0, {3}, {19}};
        default:
          return {};
      }
    };
    Loader loader(Numbers(8), transform, sampler, Options(workers));
    const Batch& batch = *loader.Next();
    EXPECT_THAT(batch.indices, ElementsAre(3, 3, 5));
    EXPECT_THAT(batch.addresses, ElementsAre(3, 11, 5));
    EXPECT_EQ(batch.pixels[0], 3);
    EXPECT_EQ(batch.pixels[kBytes], 3);
    EXPECT_EQ(batch.pixels[kBytes + 1], 11);
    EXPECT_EQ(ErrorAfter(loader, 0), "sample 3: crop: fails");
  }
}

TEST(Loader, ThrowsSamplerErrorsAfterEarlierBatches) {
  for (const int workers : {0, 2}) {
    const auto sampler = [good = EvalBatches(40, 4),
                          calls = 0]() mutable -> BatchIndices {
      if (++calls == 3) throw std::runtime_error("no third batch");
      EXPECT_LT(calls, 3) << "called again after it threw";
      return good();
    };
    Loader loader(Numbers(40), Fill, sampler, Options(workers));
    EXPECT_EQ(ErrorAfter(loader, 2), "no third batch");
    EXPECT_EQ(ErrorAfter(loader, 0), "no third batch");
  }
}

TEST(Loader, RejectsInvalidIndices) {
  const auto expect_error = [](const std::vector<int64_t>& indices,
                               const std::vector<std::string>& parts) {
    Loader loader(
        Numbers(8), Fill,
        [&] { return BatchIndices{.epoch = 0, .indices = indices}; },
        Options(2));
    ExpectError([&] { loader.Next(); }, ErrorKind::kConfig, parts);
  };
  expect_error({0, 1, 2, 3, 4}, {"5", "4"});
  expect_error({0, -1}, {"-1"});
  expect_error({0, 8}, {"8", "7"});
}

TEST(Loader, RejectsOptionsOutOfRange) {
  const auto expect_error = [](const LoaderOptions& options,
                               const std::string& option) {
    ExpectError([&] { Loader(Numbers(8), Fill, EvalBatches(8, 4), options); },
                ErrorKind::kConfig, {option});
  };
  expect_error({.img_size = 0}, "img_size");
  expect_error({.img_size = 1 << 20}, "img_size");
  expect_error({.batch_size = 0}, "batch_size");
  expect_error({.workers = -2}, "workers");
  expect_error({.prefetch = 1}, "prefetch");
}

// Finds hangs, and races under a thread sanitizer.
TEST(Loader, CanBeDestroyedAtAnyTime) {
  std::minstd_rand generator(5);
  for (int run = 0; run < 300; ++run) {
    const int workers = static_cast<int>(generator() % 8);
    LoaderOptions options = Options(workers, 1 + generator() % 3);
    options.prefetch = static_cast<int>(2 + generator() % 3);
    options.skip_corrupt = generator() % 2 == 0;
    const std::set<int64_t> corrupt = {static_cast<int64_t>(generator() % 200)};
    Loader loader(WithCorrupt(100, corrupt, ErrorKind::kFormat),
                  run % 10 == 0 ? Transform(FillWithDelays) : Transform(Fill),
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
      EXPECT_FALSE(options.skip_corrupt);
      EXPECT_EQ(e.where(), std::to_string(*corrupt.begin()));
      EXPECT_EQ(*corrupt.begin() / options.batch_size * options.batch_size,
                samples);
    }
  }
}

}  // namespace
}  // namespace wsel::data
