#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "wsel/cli/commands.h"
#include "wsel/cli/data_sets.h"
#include "wsel/cli/device.h"
#include "wsel/cli/dry_run.h"
#include "wsel/cli/restart.h"
#include "wsel/cli/weights.h"
#include "wsel/core/check.h"
#include "wsel/core/error.h"
#include "wsel/data/sampler.h"
#include "wsel/model/build.h"
#include "wsel/train/evaluate.h"
#include "wsel/train/linear_probe.h"
#include "wsel/train/logistic.h"
#include "wsel/train/pictures.h"

namespace wsel::cli {
namespace {

struct ProbeArgs {
  std::string checkpoint;
  bool pixels = false;
  data::DataOptions data;
  std::string device = "auto";
  int threads = 0;
  std::string solver = "lbfgs";
  train::LogisticOptions logistic;
  train::ProbeRecipe recipe;
  bool augment = false;
  bool dry_run = false;
  bool json = false;
};

// What a linear classifier sees of a picture.
struct Features {
  int img_size = 224;
  train::Normalisation normalisation;
  c10::Device device = c10::kCPU;
  // Images [B, 3, H, W] on the device -> [B, D].
  std::function<at::Tensor(const at::Tensor&)> of;
};

// The pictures themselves, at the size in which they are stored.
Features PixelFeatures(const data::Dataset& set) {
  const auto first = set.picture(0);
  return {std::max(first.width(), first.height()),
          {},
          c10::kCPU,
          [](const at::Tensor& images) { return images.flatten(1); }};
}

// A model's pooled output before its head.
Features BackboneFeatures(const ProbeArgs& args) {
  const Weights weights = OpenWeights(args.checkpoint);
  model::Config config = RequireModel(weights).config;
  model::SetNumClasses(config, 0);
  model::Model model = model::Build(config);
  Load(model, *weights.adapted.tensors);
  const auto size = static_cast<int>(ImageSize(config));
  const c10::Device device = FindDevice(args.device);
  model.module->to(device);
  return {size, NormalisationOf(weights), device, model.forward};
}

struct Table {
  at::Tensor features;  // [N, D]
  at::Tensor labels;    // [N]
};

at::Tensor LabelsOf(const data::Dataset& set) {
  return at::tensor(at::ArrayRef<int32_t>(set.labels), at::kInt).to(at::kLong);
}

Table Compute(const data::Dataset& set, const Features& features,
              const ProbeArgs& args) {
  constexpr int64_t kBatch = 100;
  std::vector<at::Tensor> rows;
  train::Uploader uploader(features.device, features.normalisation);
  data::Loader loader(set, train::EvalPictures({.img_size = features.img_size}),
                      data::EvalBatches(set.size(), kBatch),
                      {.img_size = features.img_size,
                       .batch_size = kBatch,
                       .workers = static_cast<int>(args.data.workers)},
                      uploader.allocate());
  const at::NoGradGuard no_grad;
  while (const data::Batch* batch = loader.Next()) {
    rows.push_back(
        features.of(uploader.Upload(*batch, features.img_size).images).cpu());
  }
  return {at::cat(rows), LabelsOf(set)};
}

// To mean 0 and deviation 1 of the training features; what does not vary
// becomes 0.
class Standard {
 public:
  explicit Standard(const at::Tensor& train)
      : mean_(train.mean(0, /*keepdim=*/true)) {
    const auto std = train.std(0, /*unbiased=*/false, /*keepdim=*/true);
    scale_ = at::where(std > 1e-6, std, at::full_like(std, INFINITY));
  }
  at::Tensor operator()(const at::Tensor& features) const {
    return (features - mean_) / scale_;
  }

 private:
  at::Tensor mean_;
  at::Tensor scale_;
};

void CheckFinite(const at::Tensor& features, const ProbeArgs& args) {
  if (at::isfinite(features).all().item<bool>()) return;
  throw Error(ErrorKind::kMismatch, args.checkpoint,
              "gives features that are no numbers (NaN or infinite): its "
              "weights are broken");
}

void CheckProbeArgs(const ProbeArgs& args) {
  const auto refuse = [](const char* where, const char* message) {
    throw Error(ErrorKind::kUsage, where, message);
  };
  if (args.pixels != args.checkpoint.empty()) {
    refuse("wsel probe", "needs one of --checkpoint FILE and --pixels");
  }
  if (args.augment && args.recipe.solver == train::ProbeSolver::kLbfgs) {
    refuse("--augment",
           "needs --solver lars or sgd: lbfgs looks at all "
           "features at once, so they must not change");
  }
  CheckNotNegative("--l2", args.logistic.l2);
  train::Validate(args.recipe);
}

// What no classifier can be fitted to.
void CheckSizes(const data::DataOptions& data, int64_t classes,
                int64_t pictures) {
  const auto refuse = [&](std::string_view message) {
    throw Error(ErrorKind::kMismatch, data.name, message);
  };
  if (classes == 1) refuse("has one class, and nothing to tell apart");
  if (pictures == 1) refuse("has one training picture, which tells nothing");
}

// Counts are 0 where nobody knows them without the files.
void DryRun(const ProbeArgs& args) {
  const DataSizes sizes = DryRunSizes(args.data, Splits::kBoth);
  CheckSizes(args.data, sizes.classes, sizes.train);
  const auto config = args.pixels ? std::nullopt : DryRunModel(args.checkpoint);
  if (config) {
    fmt::print("features    {}, width {}\n", NameOf(*config),
               FeatureWidth(*config));
  }
  fmt::print("to train    {}\nto test     {}\n", CountText(sizes.train),
             CountText(sizes.test));
}

// Logits of the test features.
using Classify = std::function<at::Tensor(const at::Tensor& features)>;

// The convex optimum over standardised features.
Classify FitOptimum(Table& train, int64_t classes, const ProbeArgs& args) {
  const Standard standard(train.features);
  train.features = standard(train.features);
  const auto linear =
      train::FitLogistic(train.features, train.labels, classes, args.logistic);
  train.features = at::Tensor();
  return [standard, linear](const at::Tensor& features) {
    return at::linear(standard(features), linear.weight, linear.bias);
  };
}

data::TrainSampling SamplingOf(const data::Dataset& set,
                               const train::ProbeRecipe& recipe) {
  const int64_t batch = std::min(recipe.batch_size, set.size());
  return {
      .size = set.size(),
      .batch_size = batch,
      .chunk = batch,
      .seed = recipe.seed,
      .total_steps = data::StepsPerEpoch(set.size(), batch) * recipe.epochs};
}

train::LinearProbe ProbeOf(int64_t width, int64_t classes,
                           const data::TrainSampling& sampling,
                           train::ProbeRecipe recipe) {
  recipe.batch_size = sampling.batch_size;
  return {width, classes, recipe,
          data::StepsPerEpoch(sampling.size, sampling.batch_size)};
}

Classify ClassifyBy(train::LinearProbe probe) {
  return [probe](const at::Tensor& features) { return probe.Logits(features); };
}

// MAE's recipe over features that were computed once.
Classify FitOverCached(const Table& train, const data::Dataset& set,
                       int64_t classes, const ProbeArgs& args) {
  const auto sampling = SamplingOf(set, args.recipe);
  auto probe = ProbeOf(train.features.size(1), classes, sampling, args.recipe);
  const auto next = TrainBatches(sampling);
  for (auto plan = next(); !plan.indices.empty(); plan = next()) {
    const auto rows = at::tensor(plan.indices);
    probe.Train(train.features.index_select(0, rows),
                train.labels.index_select(0, rows));
  }
  return ClassifyBy(std::move(probe));
}

// MAE's recipe with its crops and flips: features are new in each epoch.
Classify FitOverCrops(const Features& features, const data::Dataset& set,
                      int64_t classes, const ProbeArgs& args) {
  const auto sampling = SamplingOf(set, args.recipe);
  train::Options options;
  options.seed = args.recipe.seed;
  options.transform.img_size = features.img_size;
  options.transform.rand_augment = "";
  options.erasing.probability = 0;
  train::Uploader uploader(features.device, features.normalisation);
  data::Loader loader(set, TrainPictures(options), TrainBatches(sampling),
                      {.img_size = features.img_size,
                       .batch_size = sampling.batch_size,
                       .workers = static_cast<int>(args.data.workers)},
                      uploader.allocate());
  std::optional<train::LinearProbe> probe;
  while (const data::Batch* batch = loader.Next()) {
    const auto uploaded = uploader.Upload(*batch, features.img_size);
    at::Tensor seen;
    {
      const at::NoGradGuard no_grad;
      seen = features.of(uploaded.images).cpu();
    }
    if (!probe) {
      probe = ProbeOf(seen.size(1), classes, sampling, args.recipe);
    }
    probe->Train(seen, uploaded.labels.cpu());
  }
  return ClassifyBy(std::move(*probe));
}

double Accuracy(const at::Tensor& logits, const at::Tensor& labels) {
  return 100 *
         logits.argmax(1).eq(labels).to(at::kDouble).mean().item<double>();
}

void PrintResult(const ProbeArgs& args, const DataSets& sets, int64_t width,
                 std::optional<double> on_train, double on_test) {
  const std::string how = args.augment ? "anew" : "cached";
  if (args.json) {
    nlohmann::ordered_json json = {
        {"train", sets.train.size()}, {"test", sets.test.size()},
        {"features", width},          {"solver", args.solver},
        {"training_features", how},   {"top1", on_test}};
    if (on_train) json["train_top1"] = *on_train;
    fmt::print("{}\n", json.dump());
    return;
  }
  fmt::print(
      "top-1 {:.2f}{}  {} features {}, {}, {} pictures to train, {} to test\n",
      on_test, on_train ? fmt::format("  (train {:.2f})", *on_train) : "",
      width, args.augment ? "computed anew in each epoch" : "computed once",
      args.solver, sets.train.size(), sets.test.size());
}

void RunProbe(ProbeArgs args) {
  args.recipe.solver = train::ProbeSolvers().Find(args.solver, "--solver");
  if (args.threads > 0) at::set_num_threads(args.threads);
  CheckProbeArgs(args);
  if (args.dry_run) {
    DryRun(args);
    return;
  }
  const DataSets sets = OpenDataSets(args.data);
  const auto classes = static_cast<int64_t>(sets.train.classes.size());
  CheckSizes(args.data, classes, sets.train.size());
  const Features features =
      args.pixels ? PixelFeatures(sets.train) : BackboneFeatures(args);
  Classify classify;
  std::optional<double> on_train;
  if (args.augment) {
    classify = FitOverCrops(features, sets.train, classes, args);
  } else {
    Table train = Compute(sets.train, features, args);
    CheckFinite(train.features, args);
    const at::Tensor seen = train.features;
    classify = args.recipe.solver == train::ProbeSolver::kLbfgs
                   ? FitOptimum(train, classes, args)
                   : FitOverCached(train, sets.train, classes, args);
    on_train = Accuracy(classify(seen), train.labels);
  }
  const Table test = Compute(sets.test, features, args);
  PrintResult(args, sets, test.features.size(1), on_train,
              Accuracy(classify(test.features), test.labels));
}

}  // namespace

void AddProbe(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<ProbeArgs>();
  CLI::App* c = app.add_subcommand(
      "probe", "Fit a linear classifier on frozen features, or on pixels");
  c->add_option("--checkpoint", args->checkpoint,
                "Weights whose pooled features are classified");
  c->add_flag("--pixels", args->pixels,
              "Classify the pictures' own values: what any model must beat");
  c->add_option("--dataset", args->data.name, "See wsel datasets")->required();
  c->add_option("--data-root", args->data.root,
                "The folder that holds the data set")
      ->required();
  c->add_option("--subset", args->data.subset,
                "Training pictures, balanced by class: 500, 0.1 or 10%");
  c->add_option("--train-range", args->data.train_range,
                "First and end index of the training pictures: 54000,60000")
      ->delimiter(',');
  c->add_option("--solver", args->solver,
                "lbfgs: the optimum, which needs no learning rate; lars or "
                "sgd: MAE's recipe, with batch norm")
      ->capture_default_str();
  c->add_option("--l2", args->logistic.l2,
                "lbfgs: weight of the squared norm, 1 / C of scikit-learn")
      ->capture_default_str();
  c->add_option("--epochs", args->recipe.epochs, "lars, sgd")
      ->capture_default_str();
  c->add_option("--warmup-epochs", args->recipe.warmup_epochs, "lars, sgd")
      ->capture_default_str();
  c->add_option("--batch-size", args->recipe.batch_size, "lars, sgd")
      ->capture_default_str();
  c->add_option("--lr", args->recipe.lr,
                "lars, sgd: of 256 pictures, scaled by the batch")
      ->capture_default_str();
  c->add_option("--seed", args->recipe.seed, "lars, sgd")
      ->capture_default_str();
  c->add_flag("--augment", args->augment,
              "lars, sgd: MAE's crops and flips; features are then computed "
              "anew in each epoch instead of once");
  c->add_option("--workers", args->data.workers, "Threads that load pictures");
  c->add_option("--device", args->device,
                "Where features are computed: auto, cpu, cuda or cuda:1");
  c->add_option("--threads", args->threads,
                "Threads of one computation; 0: one a core");
  c->add_flag("--dry-run", args->dry_run,
              "Check all that can be checked, and list the files that are not "
              "here");
  c->add_flag("--json", args->json, "Print the result as JSON");
  c->callback([args, &invocation] {
    RestartForTraining(invocation.argv);
    RunProbe(*args);
  });
}

}  // namespace wsel::cli
