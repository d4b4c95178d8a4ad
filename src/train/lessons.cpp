#include "wsel/train/lessons.h"

#include <ATen/ATen.h>

#include <chrono>
#include <vector>

#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/error.h"
#include "wsel/core/file_lock.h"
#include "wsel/tensor/torch_bridge.h"
#include "wsel/train/synchronize.h"
#include "wsel/train/write_tensors.h"

namespace wsel::train {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kAnswers = "answers";  // [pictures, width]

constexpr int64_t kTimeEvery = 20;  // on a GPU

}  // namespace

Lessons::Lessons(const Teacher& teacher, const c10::Device& device)
    : teacher_(teacher), device_(device) {}

void Lessons::Remember(data::Loader& loader, Uploader& uploader,
                       int64_t img_size, int64_t pictures,
                       const std::filesystem::path& file) {
  if (file.empty()) {
    See(loader, uploader, img_size);
    return;
  }
  MakeOnce(file, [&] {
    See(loader, uploader, img_size);
    WriteTensors(file, {{kAnswers, remembered_}}, {});
  });
  if (!remembered_.defined()) Recall(file, pictures);
}

void Lessons::Recall(const std::filesystem::path& file, int64_t pictures) {
  const auto kept = checkpoint::Open(file);
  for (const TensorSpec& spec : kept->Specs()) {
    if (spec.name != kAnswers || spec.shape.size() != 2 ||
        spec.shape[0] != pictures || spec.shape[1] != teacher_.width) {
      continue;
    }
    remembered_ = Borrow(kept->View(spec.name)).clone();
    return;
  }
  throw Error(ErrorKind::kFormat, file.string(),
              "holds no answers of this teacher to these pictures: delete it, "
              "and it is made anew");
}

void Lessons::See(data::Loader& loader, Uploader& uploader, int64_t img_size) {
  std::vector<at::Tensor> answers;
  while (const data::Batch* batch = loader.Next()) {
    const Uploaded uploaded = uploader.Upload(*batch, img_size);
    answers.push_back(Timed(uploaded.images).to(at::kCPU));
  }
  remembered_ = at::cat(answers).contiguous();
}

at::Tensor Lessons::For(const at::Tensor& images,
                        std::span<const int64_t> indices) {
  if (!remembered_.defined()) return Timed(images);
  const auto rows =
      at::tensor(at::ArrayRef<int64_t>(indices.data(), indices.size()));
  return remembered_.index_select(0, rows).to(device_);
}

at::Tensor Lessons::Timed(const at::Tensor& images) {
  images_ += images.size(0);
  const bool timed = device_.is_cpu() || calls_++ % kTimeEvery == 0;
  if (!timed) return teacher_.answer(images);
  Synchronize(device_);
  const auto start = Clock::now();
  at::Tensor answer = teacher_.answer(images);
  Synchronize(device_);
  timed_seconds_ += std::chrono::duration<double>(Clock::now() - start).count();
  timed_images_ += images.size(0);
  return answer;
}

double Lessons::TakeSeconds() {
  const double seconds = timed_images_ == 0
                             ? 0
                             : timed_seconds_ * static_cast<double>(images_) /
                                   static_cast<double>(timed_images_);
  images_ = timed_images_ = 0;
  timed_seconds_ = 0;
  return seconds;
}

}  // namespace wsel::train
