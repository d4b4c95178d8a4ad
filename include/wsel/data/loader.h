// Torch-free.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "wsel/core/height_width.h"
#include "wsel/data/dataset.h"
#include "wsel/image/resample.h"

namespace wsel::data {

// Values that replace a rectangle of an image after normalisation, as in random
// erasing.
struct ErasePatch {
  int top = 0;
  int left = 0;
  int height = 0;  // 0: nothing is erased
  int width = 0;
  std::vector<float> values;  // [channels, height, width]
};

// Images that are ready for the device. Owned by the loader's ring buffer.
struct Batch {
  int64_t epoch = 0;
  int64_t size = 0;                 // images; fewer than batch_size only in the
                                    // last batch of an evaluation
  std::span<const uint8_t> pixels;  // [size, *img_size, channels]
  std::vector<int32_t> labels;      // [size]
  // [size], as Dataset::label_sets; {}: each has one label.
  std::vector<std::vector<int32_t>> label_sets = {};
  std::vector<int64_t> indices;           // [size], into the data set
  std::vector<int64_t> addresses;         // [size], of their random draws
  std::vector<int64_t> draws;             // [size], as in BatchIndices
  std::vector<ErasePatch> erase_patches;  // [size]
  // False for a corrupt image that is skipped; its pixels are black.
  std::vector<bool> valid;  // [size]
};

// What becomes of an image with random draws at the address `index`, that of
// its sample, and the number `draw`, the epoch unless images are repeated.
// Called from several threads.
struct Transform {
  // Writes [*img_size, channels] to `out` and may set the erase patch.
  using Apply =
      std::function<void(const image::Image& image, int64_t draw, int64_t index,
                         std::span<uint8_t> out, ErasePatch& erase_patch)>;
  // The pixels that `apply` reads of an image of this size. Where it throws
  // Error, `apply` does.
  using Needed = std::function<image::Window(image::Size size, int64_t draw,
                                             int64_t index)>;

  // Without `needed_window` all pixels are needed.
  template <typename F>
  requires std::convertible_to<F, Apply>
  // NOLINTNEXTLINE(google-explicit-constructor): most are one function
  Transform(F function, Needed needed_window = nullptr, int num_channels = 3)
      : apply(std::move(function)),
        needed(std::move(needed_window)),
        channels(num_channels) {}

  Apply apply;
  Needed needed;
  int channels;
};

// Allocates the ring buffer's memory: pinned if a GPU copies from it.
using Allocate = std::function<std::shared_ptr<uint8_t>(size_t bytes)>;

// The samples of one batch.
struct BatchIndices {
  int64_t epoch = 0;
  std::vector<int64_t> indices;  // empty: no more batches
  // What addresses the random draws of each sample, for the transform:
  // different ones where an epoch has a sample several times; {}: the indices.
  std::vector<int64_t> addresses = {};
  // Which of its random draws each sample has; empty: all that of the epoch.
  std::vector<int64_t> draws = {};
};
// Returns the samples of batch 0, 1, .... Called from one thread at a time.
using BatchSampler = std::function<BatchIndices()>;

struct LoaderOptions {
  HeightWidth img_size = 224;
  int64_t batch_size = 64;  // the maximum number of indices of a batch
  int workers = -1;  // threads; 0: the caller's own; -1: one per processor
  // Batches in the ring buffer, the one in use included; at least 2. Without
  // workers there is only one, computed by Next.
  int prefetch = 3;
  // For images that cannot be read or transformed (kIo, kFormat). False: Next
  // throws the error. True: the image is counted, and its `valid` is false.
  bool skip_corrupt = false;
};

// Worker threads decode and transform single samples directly into a
// preallocated ring buffer of batches. The result does not depend on the number
// of workers. Used from one thread at a time.
class Loader {
 public:
  // The workers start immediately and fill the ring buffer. `sampler` is called
  // by the thread that calls the constructor or Next. Errors: kConfig for
  // options out of range.
  Loader(Dataset dataset, Transform transform, BatchSampler sampler,
         const LoaderOptions& options, const Allocate& allocate = nullptr);
  ~Loader();  // stops the workers after the samples in progress
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // Waits for the next batch and returns it, valid until the next call; null
  // after the last. Errors: those of the data set, of the transform with the
  // image's filename, or of the sampler, after all earlier batches, and of the
  // first failing sample in order; kConfig for too many indices, or one outside
  // the data set. Once thrown, an error is thrown by every further call.
  const Batch* Next();

  // How many corrupt images were skipped in the batches returned by Next,
  // repeats included, and the first 20 distinct filenames.
  int64_t num_corrupt() const;
  const std::vector<std::string>& corrupt_files() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wsel::data
