// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "wsel/train/append_file.h"

namespace wsel::train {

// A number of the curve `tag`: "train/loss".
struct Scalar {
  std::string tag;
  float value = 0;
};

// An event file that TensorBoard shows: TFRecord frames around messages of
// tensorflow/core/util/event.proto, as torch.utils.tensorboard writes them.
class EventFile {
 public:
  // A new file in `folder`, named so that TensorBoard reads it after those that
  // are there. Times are seconds since 1970. A run that goes on after its first
  // `resume_step` steps says so, and TensorBoard forgets what older files hold
  // of step `resume_step` and later. Errors: kIo.
  EventFile(const std::filesystem::path& folder, double time,
            std::optional<int64_t> resume_step);

  // Errors: kIo.
  void Write(int64_t step, double time, std::span<const Scalar> scalars);

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  AppendFile file_;
};

}  // namespace wsel::train
