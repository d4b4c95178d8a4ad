#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <optional>

namespace wsel::train {

// Reads the losses of optimizer steps from the device: on a CPU after each, on
// a GPU after one in so many, since reading waits for all work that is queued.
// The one place that looks at a loss.
class LossReader {
 public:
  explicit LossReader(const c10::Device& device);

  // Of one step, on the device. `kd_loss` is undefined without a teacher.
  void Add(const at::Tensor& loss, const at::Tensor& kd_loss);

  // Whether it is time to Read.
  bool IsDue() const { return steps_ == interval_; }

  struct Losses {
    int64_t steps = 0;              // since the last Read; 0: nothing is new
    double sum = 0;                 // over these steps
    std::optional<double> kd_loss;  // of the last one

    double mean() const { return sum / static_cast<double>(steps); }
  };
  // Waits for the device.
  Losses Read();

 private:
  int64_t interval_;
  int64_t steps_ = 0;
  at::Tensor sum_;  // float64
  at::Tensor kd_loss_;
};

}  // namespace wsel::train
