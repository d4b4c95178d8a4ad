#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <span>

#include "wsel/data/loader.h"
#include "wsel/train/teacher.h"
#include "wsel/train/upload.h"

namespace wsel::train {

// What a teacher says to a run's pictures, and what that costs.
class Lessons {
 public:
  Lessons(const Teacher& teacher, const c10::Device& device);

  // Lets the teacher see each picture of `loader` once, which gives `pictures`
  // in the order of their index; from then on For answers by index. With a
  // `file`, answers are kept there, and taken from there where another run
  // kept them. Errors: kIo; kFormat where the file holds no such answers.
  void Remember(data::Loader& loader, Uploader& uploader, int64_t img_size,
                int64_t pictures, const std::filesystem::path& file);

  // [B, width] on the device. `images` as the student sees them, `indices` in
  // the data set.
  at::Tensor For(const at::Tensor& images, std::span<const int64_t> indices);

  // Seconds of the answers since the last call. On a GPU, where to wait for
  // each would hold it up, one pass in so many is timed and stands for them.
  double TakeSeconds();

 private:
  void See(data::Loader& loader, Uploader& uploader, int64_t img_size);
  void Recall(const std::filesystem::path& file, int64_t pictures);
  at::Tensor Timed(const at::Tensor& images);

  const Teacher& teacher_;
  c10::Device device_;
  at::Tensor remembered_;  // [N, width], on the CPU
  int64_t calls_ = 0;
  int64_t images_ = 0;
  int64_t timed_images_ = 0;
  double timed_seconds_ = 0;
};

}  // namespace wsel::train
