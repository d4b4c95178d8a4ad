#include "wsel/session/eval_run.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>

#include "wsel/core/progress.h"
#include "wsel/session/dry_run.h"
#include "wsel/session/evaluation.h"
#include "wsel/session/log.h"
#include "wsel/session/on_ranks.h"
#include "wsel/train/device.h"

namespace wsel::session {
namespace {

// The images of a batch that are not skipped.
void AddLogits(train::LogitTable& table, const data::Batch& batch,
               const at::Tensor& logits) {
  const at::Tensor rows = logits.contiguous();
  const auto classes = static_cast<size_t>(rows.size(1));
  for (size_t i = 0; i < batch.indices.size(); ++i) {
    if (!batch.valid[i]) continue;
    table.Add({rows.data_ptr<float>() + i * classes, classes}, batch.labels[i]);
  }
}

void LogRanks(const Evaluation& evaluation, const c10::Device& device,
              const distributed::ProcessGroup& group) {
  const std::string name = device.str();
  spdlog::info("{}, {}, batches of {} images on each of {}", name,
               train::Precisions().NameOf(evaluation.precision()),
               evaluation.batch_size(),
               RanksText(group.size(), name, at::get_num_threads()));
}

}  // namespace

void DryRunEval(const EvalJob& job, const Print& print) {
  train::FindDevice(job.device);
  CountRanks(job.ranks);  // its errors
  const EvalRequest& request = job.request;
  const pretrained::CheckpointRequest& checkpoint = request.checkpoint;
  std::optional<EvalCheckpoint> opened;
  if (std::filesystem::exists(checkpoint.file)) {
    opened = OpenForEval(checkpoint);
  }
  const auto sizes =
      DryRunSizes(opened ? DataOfRun(request, *opened) : request.data,
                  Splits::kTest, print);
  auto config = checkpoint.given.model;
  if (!opened) {
    ListIfMissing(checkpoint.file, print);
    if (!config) config = pretrained::ModelByFileName(checkpoint.file);
  } else {
    config = opened->facts.model;
    if (sizes.classes > 0 && !sizes.partial_classes) {
      const auto of_run = ClassesOfRun(request, *opened, sizes.class_names);
      const auto& classes = of_run.empty() ? sizes.class_names : of_run;
      if (SomeClassesOf(request, *opened, classes, /*partial=*/false)
              .outputs.empty()) {
        OutputsOf(request, *opened, request.data.name, classes);
      }
    }
  }
  if (config) print(fmt::format("model       {}\n", NameOf(*config)));
  print(fmt::format("test        {}\n", CountText(sizes.test)));
}

EvalResult Evaluate(const EvalJob& job, distributed::ProcessGroup* group) {
  const c10::Device device = PrepareRank(group, job.device, job.threads);
  Evaluation evaluation(job.request, device, group);
  if (group != nullptr) LogRanks(evaluation, device, *group);
  if (evaluation.test().multi_label()) CheckMultiLabel(job);
  const bool first = group == nullptr || group->IsFirst();
  EvalOutputs outputs(first ? job.files : EvalFiles{}, evaluation.test());
  ProgressMeter meter(ProgressOnStderr(30));
  const OnProgress show = ShowOn(meter);
  ProgressPoint done{.title = "eval", .steps = evaluation.num_batches()};
  train::LogitTable table;
  EvalResult result;
  result.metrics =
      evaluation.Run([&](const data::Batch& batch, const at::Tensor& logits) {
        outputs.Add(batch, logits);
        if (job.ece) AddLogits(table, batch, logits);
        Advance(done, batch.size, show);
      });
  meter.Clear();
  outputs.Write();
  result.split = evaluation.test().name;
  result.facts = evaluation.facts();
  result.precision = evaluation.precision();
  result.among = evaluation.among();
  if (job.ece) result.calibration = table.Calibration();
  result.corrupt_files = evaluation.corrupt_files();
  return result;
}

}  // namespace wsel::session
