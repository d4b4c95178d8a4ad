// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "wsel/data/dataset.h"

namespace wsel::data {

// Values that replace a rectangle of a picture after its normalisation, as
// random erasing does.
struct Overlay {
  int top = 0;
  int left = 0;
  int height = 0;  // 0: nothing is replaced
  int width = 0;
  std::vector<float> values;  // [3, height, width]
};

// Pictures that are ready for the device. Owned by the loader's ring.
struct Batch {
  int64_t epoch = 0;
  int64_t size = 0;                 // pictures; less than the ring's only at
                                    // the end of an evaluation
  std::span<const uint8_t> pixels;  // [size, img_size, img_size, 3]
  std::vector<int32_t> labels;      // [size]
  std::vector<int64_t> indices;     // [size], into the data set
  std::vector<Overlay> overlays;    // [size]
  // False where the picture could not be read and is skipped: it is black.
  std::vector<bool> valid;  // [size]
};

// Makes sample `index` in `epoch` from its stored picture: writes
// [img_size, img_size, 3] and may set the overlay. Called from several threads.
using Transform = std::function<void(const image::Image& picture, int64_t epoch,
                                     int64_t index, std::span<uint8_t> out,
                                     Overlay& overlay)>;

// Memory for the ring: pinned where a GPU copies from it.
using Allocate = std::function<std::shared_ptr<uint8_t>(size_t bytes)>;

// The samples of each batch, in order: epoch and indices of batch 0, 1, ...;
// an empty list of indices ends the stream. Called from one thread at a time,
// in order.
struct BatchPlan {
  int64_t epoch = 0;
  std::vector<int64_t> indices;
};
using NextBatch = std::function<BatchPlan()>;

struct LoaderOptions {
  int img_size = 224;
  int64_t batch_size = 64;  // the most indices that a plan may have
  int workers = -1;  // threads; 0: the caller's own; -1: one per processor
  // Batches that are in use, ready or in work, at least 2. Without workers
  // there is one, made when it is asked for.
  int slots = 3;
  // A picture that cannot be read (kIo, kFormat): false: the error is thrown by
  // Next; true: `valid` is false, and the loader counts it.
  bool skip_broken = false;
};

// Worker threads take single samples, decode and transform them right into
// their place of a preallocated ring of batches. Which thread makes a sample
// changes nothing about it. Used from one thread at a time.
class Loader {
 public:
  // The workers start at once and fill the ring; `next` is called by the thread
  // that calls this or Next. Errors: kConfig for options out of range.
  Loader(Dataset dataset, Transform transform, NextBatch next,
         const LoaderOptions& options, const Allocate& allocate = nullptr);
  ~Loader();  // stops the workers; samples in work are finished first
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // The next batch, valid until the next call; null after the last. Waits.
  // Errors: what a picture, the transform or `next` threw, that of the first
  // sample in order, after all batches before it; kConfig for a plan of too
  // many indices or of one outside of the data set. Once thrown, it is thrown
  // by every further call.
  const Batch* Next();

  // Pictures skipped in the batches that Next gave, each time that they were
  // met, and the first of them by name, at most 20 and none twice.
  int64_t broken() const;
  const std::vector<std::string>& broken_origins() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wsel::data
