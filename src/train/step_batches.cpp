#include "step_batches.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "wsel/augment/apply_to_batch.h"
#include "wsel/augment/mix.h"
#include "wsel/data/sampler.h"
#include "wsel/run/metadata_keys.h"
#include "wsel/train/class_metrics.h"

namespace wsel::train {
namespace {

data::LoaderOptions LoaderOptionsOf(const TrainJob& job, int64_t batch_size) {
  return {.img_size = job.options.transform.img_size,
          .batch_size = batch_size,
          .workers = job.workers,
          .skip_corrupt = job.skip_corrupt};
}

std::optional<TeacherOutputs> StartTeacher(const TrainJob& job,
                                           Uploader& uploader,
                                           const OnProgress& on_progress) {
  if (!job.teacher) return std::nullopt;
  TeacherOutputs outputs(*job.teacher, job.device, job.group);
  if (!job.options.distill.cache) return outputs;
  data::Loader loader =
      OrderedLoader(job, job.train, MakeTrainTransform(job.options), uploader);
  const auto images = job.metadata.find(run::kTrainImagesKey);
  OutputCache cache{job.teacher_cache};
  if (images != job.metadata.end()) cache.images = images->second;
  outputs.Precompute(loader, uploader, job.options.transform.img_size,
                     job.train.size(), cache, on_progress);
  return outputs;
}

data::BatchSampler SamplerOf(const TrainJob& job,
                             const distributed::Share& share,
                             int64_t first_step, int64_t total_steps) {
  return data::TrainBatches(
      {.size = job.train.size(),
       .batch_size = job.options.batch_size,
       .chunk = ChunkSize(job.options),
       .seed = job.options.seed,
       .first_step = first_step,
       .total_steps = total_steps,
       .share_first = share.first,
       .share_count = share.count,
       .balanced_labels = job.options.sampler == data::Sampling::kBalanced
                              ? job.train.labels
                              : std::vector<int32_t>{},
       .repeats = job.options.repeats});
}

at::Tensor ClassWeightsOf(const TrainJob& job, int64_t num_classes) {
  const ClassWeights& given = job.options.class_weights;
  if (given.kind == ClassWeights::kNone) return {};
  if (given.kind == ClassWeights::kGiven) {
    auto weights = WeightsOf(given, job.train.classes);
    weights.resize(static_cast<size_t>(num_classes), 1);
    return at::tensor(weights, at::kFloat).to(job.device);
  }
  auto counts = data::CountsByClass(job.train);
  counts.resize(static_cast<size_t>(num_classes));  // more have no image
  const auto weights = job.train.multi_label()
                           ? BalancedPosWeights(counts, job.train.size())
                           : BalancedClassWeights(counts);
  return at::tensor(weights, at::kFloat).to(job.device);
}

}  // namespace

data::Loader OrderedLoader(const TrainJob& job, const data::Dataset& set,
                           data::Transform transform,
                           const Uploader& uploader) {
  const int64_t batch = job.options.eval_batch;
  return {set, std::move(transform),
          data::EvalBatches(set.size(), batch, job.rank(), job.ranks()),
          LoaderOptionsOf(job, batch), uploader.allocate()};
}

StepBatches::StepBatches(const TrainJob& job, int64_t num_classes,
                         Uploader& uploader, int64_t first_step,
                         int64_t total_steps, const OnProgress& on_progress)
    : job_(job),
      share_(ShareOf(job.options, job.rank(), job.ranks())),
      num_classes_(num_classes),
      class_weights_(ClassWeightsOf(job, num_classes)),
      uploader_(uploader),
      teacher_outputs_(StartTeacher(job, uploader, on_progress)),
      loader_(job.train, MakeTrainTransform(job.options),
              SamplerOf(job, share_, first_step, total_steps),
              LoaderOptionsOf(job, ChunkSize(job.options)),
              uploader.allocate()) {}

void StepBatches::ForEachMicroBatch(
    int64_t step, const std::function<void(const MicroBatch&)>& use) {
  const Options& options = job_.options;
  const int64_t count = options.micro_batch;
  const int64_t end = share_.first + share_.count;
  for (int64_t first = share_.first; first < end; first += ChunkSize(options)) {
    const data::Batch& batch = *loader_.Next();
    DeviceBatch chunk = uploader_.Upload(batch, options.transform.img_size);
    const auto targets = MixChunk(chunk, batch, step, first);
    for (int64_t at = 0; at < batch.size; at += count) {
      MicroBatch micro_batch{.images = chunk.images.narrow(0, at, count),
                             .targets = targets.narrow(0, at, count),
                             .first = first + at,
                             .valid = chunk.valid.narrow(0, at, count)};
      if (job_.train.multi_label()) micro_batch.pos_weight = class_weights_;
      if (teacher_outputs_) {
        micro_batch.teacher_output = teacher_outputs_->Get(
            micro_batch.images,
            std::span(batch.indices)
                .subspan(static_cast<size_t>(at), static_cast<size_t>(count)));
      }
      use(micro_batch);
    }
  }
}

at::Tensor StepBatches::MixChunk(DeviceBatch& chunk, const data::Batch& batch,
                                 int64_t step, int64_t first) {
  const Options& options = job_.options;
  const int64_t group = MixupGroupSize(options);
  const bool multi_label = !batch.label_sets.empty();
  const auto multi_hot = multi_label
                             ? MultiHot(batch, num_classes_).to(job_.device)
                             : at::Tensor();
  const auto valid = chunk.valid.to(job_.device);
  std::vector<at::Tensor> targets;
  for (int64_t at = 0; at < batch.size; at += group) {
    double lambda = 1;
    if (MixingEnabled(options.mix)) {
      const auto draw =
          augment::DrawMix(options.mix, options.transform.img_size,
                           options.seed, step, (first + at) / group);
      augment::Mix(chunk.images.narrow(0, at, group), draw);
      lambda = draw.lambda;
    }
    const double smoothing = options.mix.smoothing;
    const auto labelled = valid.narrow(0, at, group);
    targets.push_back(
        multi_label
            ? augment::MixMultiHot(multi_hot.narrow(0, at, group), smoothing,
                                   lambda, labelled)
            : augment::MixTargets(chunk.labels.narrow(0, at, group),
                                  num_classes_, smoothing, lambda, labelled));
  }
  // A skipped image has no task loss.
  const auto all =
      at::cat(targets).masked_fill_(valid.logical_not().unsqueeze(1), 0);
  // Those of multi-label images are the loss's.
  return class_weights_.defined() && !multi_label ? all * class_weights_ : all;
}

}  // namespace wsel::train
