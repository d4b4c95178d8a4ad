#include "throughput.h"

namespace wsel::train {

double Throughput::ImagesPerSecond() {
  const double seconds = window_.Seconds();
  if (rate_ == 0 || seconds >= 1) {
    rate_ = static_cast<double>(images_ - before_window_) / seconds;
    window_.Restart();
    before_window_ = images_;
  }
  return rate_;
}

void Throughput::StartEpoch() {
  epoch_.Restart();
  window_.Restart();
  images_ = before_window_ = 0;
}

}  // namespace wsel::train
