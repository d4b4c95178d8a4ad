// Torch-free.
#pragma once

#include <cstdint>

#include "stopwatch.h"

namespace wsel::train {

// Measures how many images per second training processes.
class Throughput {
 public:
  // Images that were trained on since the last call.
  void Add(int64_t images) { images_ += images; }

  // Over the last second or so; recomputed at most once a second.
  double ImagesPerSecond();

  // Begins an epoch, so that what was done since the end of the last one (its
  // evaluation) is not counted.
  void StartEpoch();
  // Of the current epoch.
  double EpochSeconds() const { return epoch_.Seconds(); }
  int64_t EpochImages() const { return images_; }

 private:
  Stopwatch epoch_;
  int64_t images_ = 0;  // of the epoch
  Stopwatch window_;
  int64_t before_window_ = 0;  // images of the epoch
  double rate_ = 0;
};

}  // namespace wsel::train
