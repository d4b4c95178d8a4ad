#include "teacher_outputs.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "stopwatch.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/error.h"
#include "wsel/core/file_lock.h"
#include "wsel/run/metadata_keys.h"
#include "wsel/tensor/torch_bridge.h"
#include "wsel/train/device.h"
#include "wsel/train/run_state.h"

namespace wsel::train {
namespace {

constexpr const char* kOutputs = "teacher_outputs";  // [images, width]
constexpr const char* kOldOutputs = "answers";       // its name in older caches

constexpr int64_t kTimeEvery = 20;  // on a GPU

// What the first rank has the others do.
constexpr const char* kComputes = "computes";
constexpr const char* kLoads = "loads";

// The rows of all ranks, each of which has those at `indices`.
at::Tensor ShareRows(const at::Tensor& rows,
                     const std::vector<int64_t>& indices, int64_t num_rows,
                     distributed::ProcessGroup& group) {
  constexpr int64_t kElements = 1 << 24;  // sent at once
  at::Tensor all = at::zeros({num_rows, rows.size(1)}, rows.options());
  all.index_copy_(0, at::tensor(indices), rows);
  const int64_t at_once = std::max<int64_t>(kElements / rows.size(1), 1);
  for (int64_t row = 0; row < num_rows; row += at_once) {
    group.Sum(all.narrow(0, row, std::min(at_once, num_rows - row)));
  }
  return all;
}

}  // namespace

void TeacherOutputs::Precompute(data::Loader& loader, Uploader& uploader,
                                const HeightWidth& img_size, int64_t num_images,
                                const OutputCache& cache,
                                const OnProgress& on_progress) {
  const auto compute = [&] {
    ComputeAll(loader, uploader, img_size, num_images, on_progress);
  };
  if (cache.file.empty()) return compute();
  if (group_ == nullptr || group_->IsFirst()) {
    CreateFile(cache, compute);
  } else if (group_->FromFirst("") == kComputes) {
    compute();
  }
  if (!cached_.defined()) LoadCache(cache, num_images);
}

void TeacherOutputs::CreateFile(const OutputCache& cache,
                                const std::function<void()>& compute) {
  CreateOnce(cache.file, [&] {
    if (group_ != nullptr) group_->FromFirst(kComputes);
    compute();
    WriteTensors(cache.file, {{kOutputs, cached_}},
                 {{run::kTrainImagesKey, cache.images}});
  });
  if (group_ != nullptr && !cached_.defined()) group_->FromFirst(kLoads);
}

void TeacherOutputs::LoadCache(const OutputCache& cache, int64_t num_images) {
  const auto file = checkpoint::Open(cache.file);
  const auto& metadata = file->metadata();
  const auto images = metadata.find(run::kTrainImagesKey);
  // Older versions did not record them.
  const bool same = images == metadata.end() || images->second == cache.images;
  for (const TensorSpec& spec : file->Specs()) {
    const bool named = spec.name == kOutputs || spec.name == kOldOutputs;
    if (!same || !named || spec.shape != Shape{num_images, teacher_.width}) {
      continue;
    }
    cached_ = Borrow(file->View(spec.name)).clone();
    return;
  }
  throw Error(ErrorKind::kFormat, cache.file.string(),
              "does not hold this teacher's outputs for these images: delete "
              "it to have them recomputed");
}

void TeacherOutputs::ComputeAll(data::Loader& loader, Uploader& uploader,
                                const HeightWidth& img_size, int64_t num_images,
                                const OnProgress& on_progress) {
  // An empty one, since a rank may have no batch.
  std::vector<at::Tensor> outputs = {at::empty({0, teacher_.width})};
  std::vector<int64_t> indices;
  const int ranks = group_ == nullptr ? 1 : group_->size();
  ProgressPoint done{.title = "teacher outputs", .steps = num_images};
  while (const data::Batch* batch = loader.Next()) {
    const DeviceBatch on_device = uploader.Upload(*batch, img_size);
    outputs.push_back(TimedForward(on_device.images).to(at::kCPU));
    indices.insert(indices.end(), batch->indices.begin(), batch->indices.end());
    const int64_t images =
        std::min(batch->size * ranks, num_images - done.step);
    done.step += images - 1;
    Advance(done, images, on_progress);
  }
  cached_ = at::cat(outputs).contiguous();
  if (group_ != nullptr) {
    cached_ = ShareRows(cached_, indices, num_images, *group_);
  }
}

at::Tensor TeacherOutputs::Get(const at::Tensor& images,
                               std::span<const int64_t> indices) {
  if (!cached_.defined()) return TimedForward(images);
  const auto rows =
      at::tensor(at::ArrayRef<int64_t>(indices.data(), indices.size()));
  return cached_.index_select(0, rows).to(device_);
}

at::Tensor TeacherOutputs::TimedForward(const at::Tensor& images) {
  images_ += images.size(0);
  const bool timed = device_.is_cpu() || calls_++ % kTimeEvery == 0;
  if (!timed) return teacher_.forward(images);
  Synchronize(device_);
  const Stopwatch stopwatch;
  at::Tensor output = teacher_.forward(images);
  Synchronize(device_);
  timed_seconds_ += stopwatch.Seconds();
  timed_images_ += images.size(0);
  return output;
}

double TeacherOutputs::TakeElapsedSeconds() {
  const double seconds = timed_images_ == 0
                             ? 0
                             : timed_seconds_ * static_cast<double>(images_) /
                                   static_cast<double>(timed_images_);
  images_ = timed_images_ = 0;
  timed_seconds_ = 0;
  return seconds;
}

}  // namespace wsel::train
