#pragma once

#include <ATen/ATen.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <optional>
#include <utility>

namespace wsel::train {

// The metrics have a row for every tenth step of a run.
inline constexpr int64_t kLogInterval = 10;

// Reads the losses of optimizer steps from the device: on a CPU after each, on
// a GPU after one in kLogInterval, since reading waits for all work that is
// queued. The one place that looks at a loss.
class LossReader {
 public:
  explicit LossReader(const c10::Device& device)
      : interval_(device.is_cpu() ? 1 : kLogInterval) {}

  // Of one step, on the device. `kd_loss` is undefined without a teacher.
  void Add(const at::Tensor& loss, const at::Tensor& kd_loss) {
    const auto exact = loss.to(at::kDouble);
    sum_ = sum_.defined() ? sum_ + exact : exact;
    kd_loss_ = kd_loss;
    ++steps_;
  }

  // Whether it is time to Read after the run's step `step`, whenever the last
  // Read was.
  bool IsDue(int64_t step) const { return step % interval_ == 0; }

  struct Losses {
    int64_t steps = 0;              // since the last Read; 0: nothing is new
    double sum = 0;                 // over these steps
    std::optional<double> kd_loss;  // of the last one

    double mean() const { return sum / static_cast<double>(steps); }
  };
  // Waits for the device.
  Losses Read() {
    Losses losses;
    if (steps_ == 0) return losses;
    losses.steps = std::exchange(steps_, 0);
    losses.sum = std::exchange(sum_, at::Tensor()).item<double>();
    if (kd_loss_.defined()) losses.kd_loss = kd_loss_.item<double>();
    return losses;
  }

 private:
  int64_t interval_;
  int64_t steps_ = 0;
  at::Tensor sum_;  // float64
  at::Tensor kd_loss_;
};

}  // namespace wsel::train
