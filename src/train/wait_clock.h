#pragma once

#include <c10/core/Device.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <utility>
#include <vector>

#include "stopwatch.h"

namespace wsel::train {

// Adds up how long a device waits between Start and Stop: on a CPU by the
// clock, on a GPU by events in its stream, which do not delay it.
class WaitClock {
 public:
  explicit WaitClock(const c10::Device& device) : device_(device) {}

  void Start() {
    stopwatch_.Restart();
    if (!device_.is_cpu()) started_.push_back(Record());
  }
  void Stop() {
    if (device_.is_cpu()) {
      seconds_ += stopwatch_.Seconds();
    } else {
      stopped_.push_back(Record());
    }
  }

  // Since the last call; waits until the device has come so far.
  double TakeSeconds() {
    for (size_t i = 0; i < stopped_.size(); ++i) {
      stopped_[i].synchronize();
      seconds_ += started_[i].elapsedTime(stopped_[i]) / 1000;
    }
    started_.clear();
    stopped_.clear();
    return std::exchange(seconds_, 0);
  }

 private:
  c10::Event Record() const {
    c10::Event event(device_.type(), c10::EventFlag::BACKEND_DEFAULT);
    event.record(
        c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
    return event;
  }

  c10::Device device_;
  Stopwatch stopwatch_;
  double seconds_ = 0;
  std::vector<c10::Event> started_;
  std::vector<c10::Event> stopped_;
};

}  // namespace wsel::train
