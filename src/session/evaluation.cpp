#include "wsel/session/evaluation.h"

#include <ATen/ATen.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "wsel/core/error.h"
#include "wsel/data/sampler.h"
#include "wsel/data/subset.h"
#include "wsel/model/config_json.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/pretrained/file_hash.h"
#include "wsel/pretrained/recorded_recipe.h"
#include "wsel/session/open_splits.h"
#include "wsel/session/ranks.h"
#include "wsel/train/device.h"
#include "wsel/train/eval_transform.h"
#include "wsel/train/image_batches.h"

namespace wsel::session {
namespace {

constexpr int64_t kMaxBatch = 256;

int64_t BatchSize(const EvalRequest& request, const model::Config& config,
                  const c10::Device& device) {
  if (request.batch_size > 0) return request.batch_size;
  // Without a backward pass about a quarter of the activations is kept.
  return train::SolveMicroBatch(kMaxBatch, 1,
                                model::ActivationBytes(config) / 4,
                                train::MemoryBudget(device), kMaxBatch);
}

// A value that each rank finds for itself, and all have to share.
int64_t OfFirst(int64_t value, distributed::ProcessGroup* group) {
  if (group == nullptr) return value;
  return std::stoll(group->FromFirst(std::to_string(value)));
}

// What decides the result; batches and precision are those of the first rank.
void RequireSameEvaluation(const EvalRequest& request,
                           const EvalCheckpoint& opened,
                           const data::Dataset& test,
                           distributed::ProcessGroup& group) {
  RequireSame(
      "eval",
      {{"checkpoint",
        HashFile(*opened.checkpoint.file, "", pretrained::HashScope::kFull)},
       {"model", model::ToJson(opened.facts.model)},
       {"facts", ToJson(opened.facts)},
       {"class_order", pretrained::ClassOrders().NameOf(request.class_order)},
       {"tta", AllTestViews().NameOf(request.views)},
       {"among", Amongs().NameOf(request.among)},
       {"skip_corrupt", request.data.skip_corrupt},
       {"test", DescribeImages(test)}},
      group);
}

int Workers(const EvalRequest& request, distributed::ProcessGroup* group) {
  if (group == nullptr || request.data.workers >= 0) {
    return static_cast<int>(request.data.workers);
  }
  return distributed::ProcessorsPerRank(group->local_size());
}

// Whether the run listed its files in a file of this name.
bool HasLabelsOf(const pretrained::RecordedRecipe& recipe,
                 const data::DataOptions& options) {
  const auto labels = recipe.Value("data", "labels");
  const auto given = std::filesystem::path(options.labels).filename().string();
  return (labels.is_string() ? labels.get<std::string>() : "") == given;
}

// What validation images are held out of.
void AdoptTrainImages(const pretrained::RecordedRecipe& recipe,
                      data::DataOptions& options) {
  const auto range = recipe.Value("data", "train_range");
  const auto is_index = [](const auto& value) {
    return value.is_number_integer();
  };
  if (range.is_array() && std::all_of(range.begin(), range.end(), is_index)) {
    options.train_range = range.get<std::vector<int64_t>>();
  }
  const auto classes = recipe.Value("data", "classes");
  const auto is_name = [](const auto& value) { return value.is_string(); };
  if (options.classes.empty() && classes.is_array() &&
      std::all_of(classes.begin(), classes.end(), is_name)) {
    options.classes = classes.get<std::vector<std::string>>();
  }
}

void LogSomeClasses(const data::Dataset& test,
                    const pretrained::PartialMatch& match, Among among) {
  const size_t all = match.all.names.size();
  if (match.assumed) {
    spdlog::warn(
        "the checkpoint names no classes: its {} outputs are assumed to be "
        "ImageNet-1k's classes in their usual order",
        all);
  }
  spdlog::info("{}: has images of {} of the checkpoint's {} classes; {}",
               test.name, test.classes.size(), all,
               among == Among::kDataset
                   ? "predictions are only among these (`among`)"
                   : "predictions are among all of them (`among` dataset: "
                     "only among those of the data set)");
}

// Softmaxes do not fit images with several labels, nor sigmoids those with one:
// an error where the checkpoint records that it has sigmoids. One that records
// nothing may be of another program.
void CheckTask(const pretrained::PretrainedCheckpoint& checkpoint,
               const data::Dataset& test) {
  const bool multi_label = IsMultiLabel(checkpoint);
  if (multi_label && !test.multi_label()) {
    throw Error(ErrorKind::kMismatch, checkpoint.file->path().string(),
                "was trained on images with several labels, and those of {} "
                "have one: give the file of their `labels`, with `multi_label` "
                "auto",
                test.name);
  }
  if (!multi_label && test.multi_label()) {
    spdlog::warn(
        "{} does not record that it was trained on images with several labels: "
        "a sigmoid of each logit is taken for the class's probability",
        checkpoint.file->path().string());
  }
}

train::Precision PrecisionOf(const EvalRequest& request,
                             const pretrained::RecordedRecipe& recipe,
                             const c10::Device& device) {
  const auto automatic =
      train::ResolvePrecision(request.precision, device).precision;
  const auto recorded = recipe.Value("train", "precision");
  if (request.precision != train::Precision::kAuto || !recorded.is_string()) {
    return automatic;
  }
  const auto of_run = train::Precisions().Find(
      recorded.get<std::string>(), request.checkpoint.file, ErrorKind::kFormat);
  const bool fit = of_run == train::Precision::kFp32 || !device.is_cpu();
  return fit && of_run != train::Precision::kAuto ? of_run : automatic;
}

// Of float64 values on the CPU.
std::vector<double> ValuesOf(const at::Tensor& values) {
  const at::Tensor list = values.contiguous();
  return {list.data_ptr<double>(), list.data_ptr<double>() + list.numel()};
}

}  // namespace

EvalCheckpoint OpenForEval(const pretrained::CheckpointRequest& request) {
  EvalCheckpoint opened;
  opened.checkpoint = Open(request);
  opened.facts = FactsOf(opened.checkpoint, request.given);
  if (!request.given.model) RequireKnownHeads(opened.checkpoint);
  CheckCrop(request.given, opened.facts);
  LogFacts(opened.facts, request.file);
  for (const auto& parameter : ParameterSpecs(opened.facts.model)) {
    nn::CheckFits(parameter.spec, *opened.checkpoint.remapped.tensors);
  }
  RequireNoUnexpectedKeys(opened.checkpoint, opened.facts.model);
  LogLoadReport(opened.checkpoint, request.given.model.has_value());
  return opened;
}

std::vector<std::string> ClassesOfRun(const EvalRequest& request,
                                      const EvalCheckpoint& opened,
                                      const std::vector<std::string>& classes) {
  const auto recorded =
      pretrained::RecordedRecipe(opened.checkpoint).Value("data", "classes");
  if (!request.data.classes.empty() || !recorded.is_array()) return {};
  std::vector<std::string> of_run;
  for (const auto& name : recorded) {
    if (!name.is_string()) return {};
    of_run.push_back(name.get<std::string>());
  }
  const bool others = of_run.size() < classes.size();
  const auto known = [&](const std::string& name) {
    return std::ranges::find(classes, name) != classes.end();
  };
  if (!others || !std::ranges::all_of(of_run, known)) return {};
  return of_run;
}

pretrained::PartialMatch SomeClassesOf(const EvalRequest& request,
                                       const EvalCheckpoint& opened,
                                       const std::vector<std::string>& classes,
                                       bool partial) {
  auto match = MatchSomeClasses(opened.checkpoint,
                                NumClasses(opened.facts.model), classes);
  const bool by_itself = partial && request.data.classes.empty();
  const bool by_name = request.class_order == pretrained::ClassOrder::kNames &&
                       (match.all.published || request.among != Among::kAuto);
  if (!by_itself && !by_name) match.outputs.clear();
  return match;
}

std::vector<int64_t> OutputsOf(const EvalRequest& request,
                               const EvalCheckpoint& opened,
                               const std::string& dataset,
                               const std::vector<std::string>& classes) {
  const model::Config& config = opened.facts.model;
  const int64_t outputs = NumClasses(config);
  if (outputs == 0) {
    throw Error(ErrorKind::kMismatch, NameOf(config),
                "has no classifier to evaluate");
  }
  auto matched = RequireSameClasses(opened.checkpoint, outputs, classes,
                                    request.class_order);
  if (outputs == static_cast<int64_t>(classes.size())) return matched;
  throw Error(ErrorKind::kMismatch, NameOf(config),
              "has {} classes, but {} has {}", outputs, dataset,
              classes.size());
}

data::DataOptions DataOfRun(const EvalRequest& request,
                            const EvalCheckpoint& opened) {
  const pretrained::RecordedRecipe recipe(opened.checkpoint);
  data::DataOptions options = request.data;
  options.cache_gib = 0;  // images are read once
  options.in_chans = InChans(opened.facts.model);
  if (recipe.Value("data", "name") != options.name) return options;
  const auto seed = recipe.Value("data", "split_seed");
  if (seed.is_number_unsigned()) options.split_seed = seed.get<uint64_t>();
  const auto validation = recipe.Value("data", "validation");
  // Older versions have no such value, and one way.
  const bool automatic = validation.is_string() && validation == "auto";
  if (!automatic) options.validation = data::Validation::kTest;
  const auto held_out = recipe.Value("data", "val_split");
  if (automatic && held_out.is_number() && HasLabelsOf(recipe, options)) {
    options.val_split = held_out.get<double>();
  }
  if (options.val_split > 0) AdoptTrainImages(recipe, options);
  const auto form = recipe.Value("data", "multi_label");
  if (!options.labels.empty() && form.is_string() &&
      options.multi_label == data::MultiLabel::kOff) {
    options.multi_label = data::MultiLabels().Find(
        form.get<std::string>(), request.checkpoint.file, ErrorKind::kFormat);
  }
  return options;
}

Evaluation::Evaluation(const EvalRequest& request, const c10::Device& device,
                       distributed::ProcessGroup* group) {
  const EvalCheckpoint opened = OpenForEval(request.checkpoint);
  views_ = request.views;
  facts_ = opened.facts;
  const model::Config& config = facts_.model;
  model_ = nn::Build(config);
  Load(model_, *opened.checkpoint.remapped.tensors);
  const pretrained::RecordedRecipe recipe(opened.checkpoint);
  test_ = OpenTestSplit(DataOfRun(request, opened));
  CheckTask(opened.checkpoint, test_);
  TakeSomeClasses(request, opened, device);
  if (const auto of_run = ClassesOfRun(request, opened, test_.classes);
      !of_run.empty()) {
    spdlog::info("{}: only the {} classes that the run had",
                 request.checkpoint.file, of_run.size());
    test_ = data::OnlyClasses(test_, of_run);
  }
  if (group != nullptr) RequireSameEvaluation(request, opened, test_, *group);
  if (!columns_.defined()) {
    ReorderClasses(model_,
                   OutputsOf(request, opened, test_.name, test_.classes));
  }
  model_.module->to(device);
  batch_size_ = OfFirst(BatchSize(request, config, device), group);
  const HeightWidth size = ImageSize(config);
  const auto precision = PrecisionOf(request, recipe, device);
  options_ = {size,
              static_cast<train::Precision>(
                  OfFirst(static_cast<int64_t>(precision), group)),
              device,
              group,
              /*gather=*/true,
              test_.multi_label()};
  uploader_ = std::make_unique<train::Uploader>(
      device, facts_.mean_std.normalisation());
  loader_ = std::make_unique<data::Loader>(
      test_, train::MakeEvalTransform(train::EvalTransformOf(facts_)),
      group == nullptr ? data::EvalBatches(test_.size(), batch_size_)
                       : data::EvalBatches(test_.size(), batch_size_,
                                           group->rank(), group->size()),
      data::LoaderOptions{.img_size = size,
                          .batch_size = batch_size_,
                          .workers = Workers(request, group),
                          .skip_corrupt = request.data.skip_corrupt},
      uploader_->allocate());
}

void Evaluation::TakeSomeClasses(const EvalRequest& request,
                                 const EvalCheckpoint& opened,
                                 const c10::Device& device) {
  const auto match =
      SomeClassesOf(request, opened, test_.classes, test_.partial_classes);
  if (match.outputs.empty()) return;
  among_ = request.among == Among::kDataset ? Among::kDataset : Among::kAll;
  LogSomeClasses(test_, match, *among_);
  if (among_ == Among::kDataset) {
    columns_ = at::tensor(match.outputs).to(device);
  } else {
    test_ = data::WithMoreClasses(test_, match.all.names, match.outputs);
  }
}

at::Tensor Evaluation::Logits(const at::Tensor& images) {
  const at::Tensor logits = model_.forward(images);
  return columns_.defined() ? logits.index_select(1, columns_) : logits;
}

int64_t Evaluation::num_batches() const {
  return (test_.size() + batch_size_ - 1) / batch_size_;
}

train::Evaluation Evaluation::Run(const train::OnLogits& on_logits) {
  const auto forward = [&](const at::Tensor& x) {
    at::Tensor logits = Logits(x);
    if (views_ == TestViews::kNone) return logits;
    // In single precision, whatever that of the forward pass.
    return (logits.to(at::kFloat) + Logits(x.flip(3)).to(at::kFloat)).div_(2);
  };
  return train::Evaluate(forward, *loader_, *uploader_, options_, on_logits);
}

EvalOutputs::EvalOutputs(const EvalFiles& files, const data::Dataset& test)
    : files_(files), test_(test), confusion_(test.classes) {
  if (!files.predictions.empty()) predictions_.emplace(files.predictions);
}

void EvalOutputs::Add(const data::Batch& batch, const at::Tensor& logits) {
  if (!batch.label_sets.empty()) return AddMultiLabel(batch, logits);
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

void EvalOutputs::AddMultiLabel(const data::Batch& batch,
                                const at::Tensor& logits) {
  const at::Tensor rows = logits.contiguous();
  const auto classes = static_cast<size_t>(rows.size(1));
  for (size_t i = 0; i < batch.indices.size(); ++i) {
    if (!batch.valid[i]) continue;
    if (!files_.per_class.empty()) {
      std::vector<uint8_t> labels(classes);
      for (const int32_t label : batch.label_sets[i]) {
        labels.at(static_cast<size_t>(label)) = 1;
      }
      multi_label_.Add({rows.data_ptr<float>() + i * classes, classes}, labels);
    }
    if (!predictions_) continue;
    predictions_->Write(
        MultiLabelLine(batch.indices[i], rows[static_cast<int64_t>(i)]));
  }
}

void EvalOutputs::Write() {
  if (predictions_) predictions_->Commit();
  if (!files_.confusion.empty()) {
    WriteTextFile(files_.confusion, confusion_.MatrixCsv());
  }
  if (!files_.per_class.empty()) {
    WriteTextFile(files_.per_class,
                  test_.multi_label() ? multi_label_.PerClassCsv(test_.classes)
                                      : confusion_.ScoresCsv());
  }
}

std::string EvalOutputs::MultiLabelLine(int64_t index,
                                        const at::Tensor& logits) const {
  nlohmann::ordered_json line = {
      {"index", index},
      {"file", test_.PathBelowRoot(index)},
      {"labels", nlohmann::ordered_json::array()},
      {"predictions", nlohmann::ordered_json::array()}};
  for (const int32_t label : test_.label_sets[static_cast<size_t>(index)]) {
    line["labels"].push_back(test_.classes[static_cast<size_t>(label)]);
  }
  const auto probabilities = ValuesOf(logits.to(at::kDouble).sigmoid());
  std::vector<double> of_predicted;
  for (size_t c = 0; c < probabilities.size(); ++c) {
    if (!(probabilities[c] > train::kLabelThreshold)) continue;
    line["predictions"].push_back(test_.classes[c]);
    of_predicted.push_back(probabilities[c]);
  }
  line["prediction_probabilities"] = of_predicted;
  if (files_.probabilities) line["probabilities"] = probabilities;
  if (files_.logits) {
    line["logits"] = std::vector<float>(
        logits.data_ptr<float>(), logits.data_ptr<float>() + logits.numel());
  }
  return line.dump() + "\n";
}

std::string EvalOutputs::PredictionLine(int64_t index,
                                        const at::Tensor& logits) const {
  const auto label =
      static_cast<size_t>(test_.labels[static_cast<size_t>(index)]);
  const auto top = std::get<1>(
      logits.topk(std::min<int64_t>(5, logits.size(0)), 0, true, true));
  nlohmann::ordered_json line = {{"index", index},
                                 {"file", test_.PathBelowRoot(index)},
                                 {"label", test_.classes[label]}};
  const at::Tensor probabilities = logits.to(at::kDouble).softmax(0);
  for (int64_t i = 0; i < top.size(0); ++i) {
    const auto predicted = static_cast<size_t>(top[i].item<int64_t>());
    if (i == 0) line["prediction"] = test_.classes[predicted];
    line["top5"].push_back(test_.classes[predicted]);
  }
  line["top5_probabilities"] = ValuesOf(probabilities.index_select(0, top));
  if (files_.probabilities) line["probabilities"] = ValuesOf(probabilities);
  if (files_.logits) {
    line["logits"] = std::vector<float>(
        logits.data_ptr<float>(), logits.data_ptr<float>() + logits.numel());
  }
  return line.dump() + "\n";
}

}  // namespace wsel::session
