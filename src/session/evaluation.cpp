#include "wsel/session/evaluation.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "wsel/core/error.h"
#include "wsel/data/sampler.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/session/open_splits.h"
#include "wsel/train/device.h"
#include "wsel/train/image_batches.h"

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
  if (NumClasses(config) == 0) {
    throw Error(ErrorKind::kMismatch, NameOf(config),
                "has no classifier to evaluate");
  }
  throw Error(ErrorKind::kMismatch, NameOf(config),
              "has {} classes, but {} has {}", NumClasses(config), dataset,
              classes);
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

EvalOutputs::EvalOutputs(const EvalFiles& files, const data::Dataset& test)
    : files_(files), test_(test), confusion_(test.classes) {
  if (!files.predictions.empty()) predictions_.emplace(files.predictions);
}

void EvalOutputs::Add(const data::Batch& batch, const at::Tensor& logits) {
  const auto best = logits.argmax(1);
  for (size_t i = 0; i < batch.indices.size(); ++i) {
    if (!batch.valid[i]) continue;
    const auto row = static_cast<int64_t>(i);
    confusion_.Add(batch.labels[i],
                   static_cast<int32_t>(best[row].item<int64_t>()));
    if (!predictions_) continue;
    predictions_->Write(PredictionLine(batch.indices[i], logits[row]));
  }
}

void EvalOutputs::Write() {
  if (predictions_) predictions_->Commit();
  if (!files_.confusion.empty()) {
    WriteTextFile(files_.confusion, confusion_.MatrixCsv());
  }
  if (!files_.per_class.empty()) {
    WriteTextFile(files_.per_class, confusion_.ScoresCsv());
  }
}

std::string EvalOutputs::PredictionLine(int64_t index,
                                        const at::Tensor& logits) const {
  const auto label =
      static_cast<size_t>(test_.labels[static_cast<size_t>(index)]);
  const auto top = std::get<1>(
      logits.topk(std::min<int64_t>(5, logits.size(0)), 0, true, true));
  nlohmann::ordered_json line = {{"index", index},
                                 {"file", test_.filename(index)},
                                 {"label", test_.classes[label]}};
  for (int64_t i = 0; i < top.size(0); ++i) {
    const auto predicted = static_cast<size_t>(top[i].item<int64_t>());
    if (i == 0) line["prediction"] = test_.classes[predicted];
    line["top5"].push_back(test_.classes[predicted]);
  }
  if (files_.logits) {
    line["logits"] = std::vector<float>(
        logits.data_ptr<float>(), logits.data_ptr<float>() + logits.numel());
  }
  return line.dump() + "\n";
}

}  // namespace wsel::session
