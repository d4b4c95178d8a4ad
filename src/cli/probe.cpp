#include "wsel/probe/probe.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "dry_run.h"
#include "options.h"
#include "wsel/core/error.h"
#include "wsel/core/progress.h"
#include "wsel/session/log.h"
#include "wsel/session/open_splits.h"
#include "wsel/train/device.h"

namespace wsel::cli {
namespace {

struct ProbeArgs {
  probe::Backbone backbone;
  bool pixels = false;
  data::DataOptions data;
  std::string device = "auto";
  int threads = 0;
  std::string solver = "lbfgs";
  probe::ProbeOptions options;
  bool dry_run = false;
  bool json = false;
};

void DryRun(const ProbeArgs& args) {
  const auto sizes = DryRunSizes(args.data, session::Splits::kBoth);
  probe::CheckSplit(args.data.name, sizes.classes, sizes.train);
  const auto config =
      args.pixels
          ? std::nullopt
          : DryRunModel(args.backbone.checkpoint, args.backbone.copy,
                        args.backbone.num_heads, args.backbone.given.model);
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

// Check, open, fit, print.
void RunProbe(ProbeArgs args) {
  args.options.recipe.solver =
      probe::ProbeSolvers().Find(args.solver, "--solver");
  args.options.workers = static_cast<int>(args.data.workers);
  args.options.skip_corrupt = args.data.skip_corrupt;
  if (!args.options.augment) args.data.cache_gib = 0;  // images are read once
  if (args.threads > 0) at::set_num_threads(args.threads);
  if (args.pixels != args.backbone.checkpoint.empty()) {
    throw Error(ErrorKind::kUsage, "wsel probe",
                "needs either --checkpoint FILE or --pixels");
  }
  probe::Validate(args.options);
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

void AddOptimisation(CLI::App& c, ProbeArgs& args) {
  probe::ProbeOptions& options = args.options;
  auto& schedule = options.recipe.schedule;
  c.option_defaults()->group("Optimisation")->always_capture_default();
  c.add_option("--solver", args.solver,
               "Solver: " + probe::ProbeSolvers().Choices() +
                   "; lbfgs standardises the features and fits logistic "
                   "regression to convergence, as scikit-learn's "
                   "StandardScaler and LogisticRegression do; lars and sgd "
                   "follow MAE's recipe, with batch norm");
  c.add_option("--l2", options.logistic.l2,
               "L2 penalty (only --solver lbfgs): 1 / C of scikit-learn");
  c.add_option("--epochs", schedule.epochs,
               "Training epochs (only --solver lars or sgd)");
  c.add_option("--warmup-epochs", schedule.warmup_epochs,
               "Warmup epochs (only --solver lars or sgd)");
  c.add_option("--batch-size", options.recipe.batch_size,
               "Batch size in images (only --solver lars or sgd)");
  c.add_option("--lr", schedule.lr,
               "Learning rate per 256 images, scaled by the batch size (only "
               "--solver lars or sgd)");
  c.add_option("--seed", options.recipe.seed,
               "Random seed (only --solver lars or sgd)");
  c.add_flag("--augment", options.augment,
             "Apply MAE's random crops and flips (only --solver lars or sgd); "
             "features are then recomputed in each epoch");
  c.option_defaults()->always_capture_default(false);
}

}  // namespace

void AddProbe(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<ProbeArgs>();
  CLI::App* c = app.add_subcommand(
      "probe",
      "Fit a linear probe on a model's frozen features, or on raw pixels");
  c->option_defaults()->group("Model");
  c->add_option(
      "--checkpoint", args->backbone.checkpoint,
      "Checkpoint of the backbone; its pooled features are classified");
  AddCopyChoice(*c, args->backbone.copy);
  AddNumHeads(*c, args->backbone.num_heads);
  AddModelName(*c, "--model", args->backbone.given.model, kModelHelp);
  c->add_flag("--pixels", args->pixels,
              "Classify raw pixels instead, as a baseline");
  c->option_defaults()->group("Data");
  AddDataset(*c, args->data);
  c->add_option(
      "--subset", args->data.subset,
      "Number or share of training images, balanced by class: 500, 0.1 or 10%");
  c->add_option("--train-range", args->data.train_range,
                "First and end index of the training images: 54000,60000")
      ->delimiter(',');
  AddClasses(*c, args->data);
  AddResize(*c, args->backbone.given.pass_order);
  AddSkipCorrupt(*c, args->data);
  AddOptimisation(*c, *args);
  c->option_defaults()->group("Run");
  AddWorkers(*c, args->data.workers);
  c->add_option("--device", args->device,
                "Device that computes features: auto|cpu|cuda or cuda:1")
      ->capture_default_str();
  AddThreads(*c, args->threads);
  AddDryRun(*c, args->dry_run);
  AddJson(*c, args->json);
  invocation.computing.push_back({c, [args] { return !args->dry_run; }});
  c->callback([args, c] {
    LogOldNames(*c);
    RunProbe(*args);
  });
}

}  // namespace wsel::cli
