#include "wsel/session/evaluation.h"

#include <fmt/format.h>

#include "wsel/core/error.h"
#include "wsel/data/sampler.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/pretrained/load_report.h"
#include "wsel/session/open_splits.h"
#include "wsel/train/device.h"
#include "wsel/train/micro_batch.h"
#include "wsel/train/transforms.h"

namespace wsel::session {
namespace {

constexpr int64_t kMaxBatch = 256;

int64_t BatchSize(const EvalRequest& request, const model::Config& config) {
  if (request.batch_size > 0) return request.batch_size;
  // Without a backward pass about a quarter of the activations is kept.
  return train::SolveMicroBatch(kMaxBatch, 1,
                                model::ActivationBytes(config) / 4,
                                train::MemoryBudget(request.device), kMaxBatch);
}

}  // namespace

EvalCheckpoint OpenForEval(const EvalRequest& request) {
  EvalCheckpoint opened;
  opened.checkpoint = pretrained::Open(request.checkpoint);
  opened.facts = FactsOf(opened.checkpoint, request.given);
  LogFacts(opened.facts, request.checkpoint);
  for (const auto& parameter : ParameterSpecs(opened.facts.model)) {
    nn::CheckFits(parameter.spec, *opened.checkpoint.remapped.tensors);
  }
  RequireNoUnexpectedKeys(opened.checkpoint, opened.facts.model);
  LogLoadReport(opened.checkpoint);
  return opened;
}

void CheckClasses(const model::Config& config, const std::string& dataset,
                  int64_t classes) {
  if (NumClasses(config) == classes) return;
  throw Error(ErrorKind::kMismatch, NameOf(config),
              NumClasses(config) == 0
                  ? "has no classifier to evaluate"
                  : fmt::format("has {} classes, but {} has {}",
                                NumClasses(config), dataset, classes));
}

Evaluation::Evaluation(const EvalRequest& request) {
  const EvalCheckpoint opened = OpenForEval(request);
  const model::Config& config = opened.facts.model;
  model_ = nn::Build(config);
  Load(model_, *opened.checkpoint.remapped.tensors);
  model_.module->to(request.device);
  test_ = OpenTestSplit(request.data);
  CheckClasses(config, test_.name, static_cast<int64_t>(test_.classes.size()));
  batch_size_ = BatchSize(request, config);
  const auto size = static_cast<int>(ImageSize(config));
  options_ = {size, request.precision, request.device};
  uploader_ = std::make_unique<train::Uploader>(
      request.device, opened.facts.mean_std.normalisation());
  loader_ = std::make_unique<data::Loader>(
      test_,
      train::MakeEvalTransform(
          {.img_size = size, .crop_pct = request.crop_pct}),
      data::EvalBatches(test_.size(), batch_size_),
      data::LoaderOptions{.img_size = size,
                          .batch_size = batch_size_,
                          .workers = static_cast<int>(request.data.workers),
                          .skip_corrupt = request.data.skip_corrupt},
      uploader_->allocate());
}

int64_t Evaluation::num_batches() const {
  return (test_.size() + batch_size_ - 1) / batch_size_;
}

train::Evaluation Evaluation::Run(const train::OnLogits& on_logits) {
  return train::Evaluate([&](const at::Tensor& x) { return model_.forward(x); },
                         *loader_, *uploader_, options_, on_logits);
}

}  // namespace wsel::session
