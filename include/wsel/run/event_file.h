// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "wsel/run/append_file.h"

namespace wsel::run {

// A value of the curve `tag`, such as "train/loss".
struct Scalar {
  std::string tag;
  float value = 0;
};

// A TensorBoard event file: TFRecord frames around messages of
// tensorflow/core/util/event.proto, as torch.utils.tensorboard writes them.
class EventFile {
 public:
  // Creates a file in `folder`, named so that TensorBoard reads it after those
  // already there. Times are seconds since 1970. With `resume_step`, the file
  // begins with a session start, upon which TensorBoard discards what older
  // files hold from that step on. Errors: kIo.
  EventFile(const std::filesystem::path& folder, double time,
            std::optional<int64_t> resume_step);

  // Errors: kIo.
  void Write(int64_t step, double time, std::span<const Scalar> scalars);

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  AppendFile file_;
};

}  // namespace wsel::run
