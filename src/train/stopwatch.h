// Torch-free.
#pragma once

#include <chrono>
#include <cstdint>

namespace wsel::train {

// Seconds since its construction or last restart.
class Stopwatch {
 public:
  double Seconds() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
  }
  void Restart() { start_ = Clock::now(); }

 private:
  using Clock = std::chrono::steady_clock;

  Clock::time_point start_ = Clock::now();
};

// Measures how many images per second training processes.
class Throughput {
 public:
  // Images that were trained on since the last call.
  void Add(int64_t images) { images_ += images; }

  // Over the last second or so; recomputed at most once a second.
  double ImagesPerSecond() {
    const double seconds = window_.Seconds();
    if (rate_ == 0 || seconds >= 1) {
      rate_ = static_cast<double>(images_ - before_window_) / seconds;
      window_.Restart();
      before_window_ = images_;
    }
    return rate_;
  }

  // Leaves out the last `seconds`, in which nothing was trained.
  void LeaveOut(double seconds) {
    left_out_ += seconds;
    window_.Restart();
    before_window_ = images_;
  }

  // Begins an epoch: the evaluation of the last one is not counted.
  void StartEpoch() {
    last_seconds_ = EpochSeconds();
    last_images_ = images_;
    epoch_.Restart();
    window_.Restart();
    images_ = before_window_ = 0;
    left_out_ = 0;
  }
  // Of the current epoch.
  double EpochSeconds() const { return epoch_.Seconds() - left_out_; }
  int64_t EpochImages() const { return images_; }

  // Over the current epoch and the one before it; 0: not known yet.
  double SecondsPerImage() const {
    const int64_t images = last_images_ + images_;
    return images == 0
               ? 0
               : (last_seconds_ + EpochSeconds()) / static_cast<double>(images);
  }

 private:
  Stopwatch epoch_;
  double left_out_ = 0;  // seconds of the epoch
  int64_t images_ = 0;   // of the epoch
  double last_seconds_ = 0;
  int64_t last_images_ = 0;
  Stopwatch window_;
  int64_t before_window_ = 0;  // images of the epoch
  double rate_ = 0;
};

}  // namespace wsel::train
