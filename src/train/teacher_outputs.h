#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "wsel/core/progress.h"
#include "wsel/data/loader.h"
#include "wsel/distributed/process_group.h"
#include "wsel/train/image_batches.h"
#include "wsel/train/teacher.h"

namespace wsel::train {

// A file of a teacher's outputs, shared by runs with the same teacher; "":
// none.
struct OutputCache {
  std::filesystem::path file;
  std::string images = {};  // which it is of, in its metadata; "": unknown
};

// Runs the teacher on training images, or looks its outputs up in a cache, and
// measures the time.
class TeacherOutputs {
 public:
  // `group`: ranks that share the work of Precompute; null: there is one.
  TeacherOutputs(const Teacher& teacher, const c10::Device& device,
                 distributed::ProcessGroup* group)
      : teacher_(teacher), device_(device), group_(group) {}

  // Runs the teacher once on each of the `num_images` images of `loader`, which
  // yields them in the order of their indices, or the batches of this rank;
  // from then on Get looks outputs up. In a cache's file they are saved by the
  // first rank, or loaded if another run has saved them. Errors: kIo; kFormat
  // if the file does not hold such outputs.
  void Precompute(data::Loader& loader, Uploader& uploader,
                  const HeightWidth& img_size, int64_t num_images,
                  const OutputCache& cache, const OnProgress& on_progress);

  // [B, width] on the device. `images` as the student sees them, `indices`
  // into the data set.
  at::Tensor Get(const at::Tensor& images, std::span<const int64_t> indices);

  // Seconds spent in the teacher since the last call. On a GPU, where waiting
  // for each forward pass would stall it, extrapolated from one pass in so
  // many.
  double TakeElapsedSeconds();

 private:
  void ComputeAll(data::Loader& loader, Uploader& uploader,
                  const HeightWidth& img_size, int64_t num_images,
                  const OnProgress& on_progress);
  // Computes and saves them if the file is missing, on the first rank.
  void CreateFile(const OutputCache& cache,
                  const std::function<void()>& compute);
  void LoadCache(const OutputCache& cache, int64_t num_images);
  at::Tensor TimedForward(const at::Tensor& images);

  const Teacher& teacher_;
  c10::Device device_;
  distributed::ProcessGroup* group_;
  at::Tensor cached_;  // [N, width], on the CPU
  int64_t calls_ = 0;
  int64_t images_ = 0;
  int64_t timed_images_ = 0;
  double timed_seconds_ = 0;
};

}  // namespace wsel::train
