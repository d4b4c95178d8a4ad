#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "dry_run.h"
#include "probe_args.h"
#include "torch_commands.h"
#include "wsel/core/error.h"
#include "wsel/core/progress.h"
#include "wsel/probe/probe.h"
#include "wsel/session/log.h"
#include "wsel/session/open_splits.h"
#include "wsel/train/device.h"

namespace wsel::cli {
namespace {

void DryRun(const ProbeArgs& args) {
  const auto sizes = DryRunSizes(args.data, session::Splits::kBoth);
  probe::CheckSplit(args.data.name, sizes.classes, sizes.train);
  const auto config = args.pixels ? std::nullopt : DryRunModel(args.backbone);
  if (config) {
    fmt::print("features    {}, {} channels\n", NameOf(*config),
               NumFeatures(*config));
  }
  fmt::print("train       {}\ntest        {}\n", CountText(sizes.train),
             CountText(sizes.test));
}

void PrintResult(const ProbeArgs& args, const session::DataSplits& splits,
                 const probe::FeatureExtractor& features,
                 const probe::ProbeResult& result) {
  const bool augment = args.options.augment;
  const bool standardised =
      args.options.recipe.solver == probe::ProbeSolver::kLbfgs;
  if (args.json) {
    nlohmann::ordered_json json = {
        {"train", splits.train.size()},
        {"test", splits.test.size()},
        {"skipped_train", result.train_skipped},
        {"skipped_test", result.test_skipped},
        {"num_features", result.num_features},
        {"solver", args.solver},
        {"training_features", augment ? "recomputed" : "cached"},
        {"standardised", standardised},
        {"top1", result.top1}};
    if (result.train_top1) json["train_top1"] = *result.train_top1;
    if (features.facts) json["images"] = ToJson(*features.facts);
    fmt::print("{}\n", json.dump());
    return;
  }
  const std::string train =
      result.train_top1 ? fmt::format("  (train {:.2f})", *result.train_top1)
                        : "";
  fmt::print(
      "top-1 {:.2f}{}  {} features {}, {}, {}, {} training and {} test "
      "images\n",
      result.top1, train, result.num_features,
      augment ? "recomputed in each epoch" : "computed once",
      standardised ? "standardised" : "with batch norm", args.solver,
      splits.train.size(), splits.test.size());
  if (result.train_skipped + result.test_skipped > 0) {
    fmt::print("skipped {} corrupt training and {} test images of these\n",
               result.train_skipped, result.test_skipped);
  }
}

}  // namespace

// Check, open, fit, print.
void RunProbe(const ProbeArgs& given) {
  ProbeArgs args = given;
  args.options.recipe.solver =
      probe::ProbeSolvers().Find(args.solver, "--solver");
  args.options.workers = static_cast<int>(args.data.workers);
  args.options.skip_corrupt = args.data.skip_corrupt;
  if (!args.options.augment) args.data.cache_gib = 0;  // images are read once
  if (args.threads > 0) at::set_num_threads(args.threads);
  if (args.pixels != args.backbone.file.empty()) {
    throw Error(ErrorKind::kUsage, "wsel probe",
                "needs either --checkpoint FILE or --pixels");
  }
  probe::Validate(args.options);
  if (args.data.multi_label != data::MultiLabel::kOff) {
    throw Error(ErrorKind::kUsage, "multi_label",
                "a probe classifies images with one label; wsel train --freeze "
                "backbone trains a linear classifier for several");
  }
  const c10::Device device = train::FindDevice(args.device);
  if (args.dry_run) return DryRun(args);
  const auto splits = session::OpenSplits(args.data);
  probe::CheckSplit(args.data.name,
                    static_cast<int64_t>(splits.train.classes.size()),
                    splits.train.size());
  const auto order =
      args.backbone.given.pass_order.value_or(image::PassOrder::kPillow13);
  const auto features =
      args.pixels ? probe::PixelFeatures(splits.train, device,
                                         args.data.skip_corrupt, order)
                  : probe::CheckpointFeatures(args.backbone, device);
  ProgressMeter meter(ProgressOnStderr(30));
  const auto result = probe::FitProbe(splits.train, splits.test, features,
                                      args.options, session::ShowOn(meter));
  meter.Clear();
  PrintResult(args, splits, features, result);
}

}  // namespace wsel::cli
