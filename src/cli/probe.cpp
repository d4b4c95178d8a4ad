#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "commands.h"
#include "device.h"
#include "dry_run.h"
#include "training_environment.h"
#include "wsel/core/check.h"
#include "wsel/core/error.h"
#include "wsel/data/sampler.h"
#include "wsel/model/build.h"
#include "wsel/pretrained/facts.h"
#include "wsel/session/open_splits.h"
#include "wsel/train/evaluate.h"
#include "wsel/train/linear_probe.h"
#include "wsel/train/logistic.h"
#include "wsel/train/transforms.h"

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

// The features that a linear classifier is fitted to.
struct Features {
  int img_size = 224;
  image::Normalisation normalisation;
  c10::Device device = c10::kCPU;
  // Images [B, 3, H, W] on the device -> [B, D].
  std::function<at::Tensor(const at::Tensor&)> of;
};

// The raw pixels, at the size of the first image.
Features PixelFeatures(const data::Dataset& set, const c10::Device& device) {
  const auto first = set.image(0);
  return {std::max(first.width(), first.height()),
          {},
          device,
          [](const at::Tensor& images) { return images.flatten(1); }};
}

// A model's pooled features, before its classifier.
Features BackboneFeatures(const ProbeArgs& args, const c10::Device& device) {
  const auto checkpoint = pretrained::Open(args.checkpoint);
  const pretrained::Facts facts = FactsOf(checkpoint);
  model::Config config = facts.model;
  model::SetNumClasses(config, 0);
  model::Model model = model::Build(config);
  Load(model, *checkpoint.remapped.tensors);
  const auto size = static_cast<int>(ImageSize(config));
  model.module->to(device);
  return {size, facts.mean_std.normalisation(), device, model.forward};
}

struct LabelledFeatures {
  at::Tensor features;  // [N, D]
  at::Tensor labels;    // [N]
};

at::Tensor LabelsOf(const data::Dataset& set) {
  return at::tensor(at::ArrayRef<int32_t>(set.labels), at::kInt).to(at::kLong);
}

LabelledFeatures ComputeFeatures(const data::Dataset& set,
                                 const Features& features,
                                 const ProbeArgs& args) {
  constexpr int64_t kBatch = 100;
  std::vector<at::Tensor> rows;
  train::Uploader uploader(features.device, features.normalisation);
  data::Loader loader(set,
                      train::MakeEvalTransform({.img_size = features.img_size}),
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

// As scikit-learn's StandardScaler: to mean 0 and standard deviation 1 over the
// training features; constant features become 0.
class StandardScaler {
 public:
  explicit StandardScaler(const at::Tensor& train)
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
              "produces NaN or infinite features; its weights are corrupt");
}

void CheckProbeArgs(const ProbeArgs& args) {
  const auto fail = [](const char* where, const char* message) {
    throw Error(ErrorKind::kUsage, where, message);
  };
  if (args.pixels != args.checkpoint.empty()) {
    fail("wsel probe", "needs either --checkpoint FILE or --pixels");
  }
  if (args.augment && args.recipe.solver == train::ProbeSolver::kLbfgs) {
    fail("--augment",
         "needs --solver lars or sgd; lbfgs is fitted to fixed features");
  }
  CheckNotNegative("--l2", args.logistic.l2);
  train::Validate(args.recipe);
}

// Errors: kMismatch for a split that no classifier can be fitted to.
void CheckSizes(const data::DataOptions& data, int64_t classes,
                int64_t num_images) {
  const auto fail = [&](std::string_view message) {
    throw Error(ErrorKind::kMismatch, data.name, message);
  };
  if (classes == 1) fail("has one class; a probe needs at least two");
  if (num_images == 1) fail("has one training image; a probe needs more");
}

void DryRun(const ProbeArgs& args) {
  const auto sizes = DryRunSizes(args.data, session::Splits::kBoth);
  CheckSizes(args.data, sizes.classes, sizes.train);
  const auto config = args.pixels ? std::nullopt : DryRunModel(args.checkpoint);
  if (config) {
    fmt::print("features    {}, {} channels\n", NameOf(*config),
               NumFeatures(*config));
  }
  fmt::print("train       {}\ntest        {}\n", CountText(sizes.train),
             CountText(sizes.test));
}

// The fitted classifier: features [N, D] -> logits [N, classes].
using Classify = std::function<at::Tensor(const at::Tensor& features)>;

// Logistic regression on standardised features. Consumes train.features.
Classify FitLogisticRegression(LabelledFeatures& train, int64_t classes,
                               const ProbeArgs& args) {
  const StandardScaler scale(train.features);
  train.features = scale(train.features);
  const auto linear =
      train::FitLogistic(train.features, train.labels, classes, args.logistic);
  train.features = at::Tensor();
  return [scale, linear](const at::Tensor& features) {
    return at::linear(scale(features), linear.weight, linear.bias);
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

// MAE's recipe on features that were computed once.
Classify FitOnCachedFeatures(const LabelledFeatures& train,
                             const data::Dataset& set, int64_t classes,
                             const ProbeArgs& args) {
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

// MAE's recipe with its crops and flips: features are recomputed in each epoch.
Classify FitOnAugmentedImages(const Features& features,
                              const data::Dataset& set, int64_t classes,
                              const ProbeArgs& args) {
  const auto sampling = SamplingOf(set, args.recipe);
  train::Options options;
  options.seed = args.recipe.seed;
  options.transform.img_size = features.img_size;
  options.transform.rand_augment = "";
  options.erasing.probability = 0;
  train::Uploader uploader(features.device, features.normalisation);
  data::Loader loader(set, MakeTrainTransform(options), TrainBatches(sampling),
                      {.img_size = features.img_size,
                       .batch_size = sampling.batch_size,
                       .workers = static_cast<int>(args.data.workers)},
                      uploader.allocate());
  std::optional<train::LinearProbe> probe;
  while (const data::Batch* batch = loader.Next()) {
    const auto uploaded = uploader.Upload(*batch, features.img_size);
    at::Tensor batch_features;
    {
      const at::NoGradGuard no_grad;
      batch_features = features.of(uploaded.images).cpu();
    }
    if (!probe) {
      probe = ProbeOf(batch_features.size(1), classes, sampling, args.recipe);
    }
    probe->Train(batch_features, uploaded.labels.cpu());
  }
  return ClassifyBy(std::move(*probe));
}

double Accuracy(const at::Tensor& logits, const at::Tensor& labels) {
  return 100 *
         logits.argmax(1).eq(labels).to(at::kDouble).mean().item<double>();
}

void PrintResult(const ProbeArgs& args, const session::DataSplits& splits,
                 int64_t num_features, std::optional<double> train_top1,
                 double top1) {
  if (args.json) {
    nlohmann::ordered_json json = {
        {"train", splits.train.size()},
        {"test", splits.test.size()},
        {"num_features", num_features},
        {"solver", args.solver},
        {"training_features", args.augment ? "recomputed" : "cached"},
        {"top1", top1}};
    if (train_top1) json["train_top1"] = *train_top1;
    fmt::print("{}\n", json.dump());
    return;
  }
  fmt::print(
      "top-1 {:.2f}{}  {} features {}, {}, {} training and {} test images\n",
      top1, train_top1 ? fmt::format("  (train {:.2f})", *train_top1) : "",
      num_features, args.augment ? "recomputed in each epoch" : "computed once",
      args.solver, splits.train.size(), splits.test.size());
}

void RunProbe(ProbeArgs args) {
  args.recipe.solver = train::ProbeSolvers().Find(args.solver, "--solver");
  if (args.threads > 0) at::set_num_threads(args.threads);
  CheckProbeArgs(args);
  const c10::Device device = FindDevice(args.device);
  if (args.dry_run) {
    DryRun(args);
    return;
  }
  const auto splits = session::OpenSplits(args.data);
  const auto classes = static_cast<int64_t>(splits.train.classes.size());
  CheckSizes(args.data, classes, splits.train.size());
  const Features features = args.pixels ? PixelFeatures(splits.train, device)
                                        : BackboneFeatures(args, device);
  Classify classify;
  std::optional<double> train_top1;
  if (args.augment) {
    classify = FitOnAugmentedImages(features, splits.train, classes, args);
  } else {
    LabelledFeatures train = ComputeFeatures(splits.train, features, args);
    CheckFinite(train.features, args);
    const at::Tensor unscaled = train.features;
    classify = args.recipe.solver == train::ProbeSolver::kLbfgs
                   ? FitLogisticRegression(train, classes, args)
                   : FitOnCachedFeatures(train, splits.train, classes, args);
    train_top1 = Accuracy(classify(unscaled), train.labels);
  }
  const LabelledFeatures test = ComputeFeatures(splits.test, features, args);
  PrintResult(args, splits, test.features.size(1), train_top1,
              Accuracy(classify(test.features), test.labels));
}

}  // namespace

void AddProbe(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<ProbeArgs>();
  CLI::App* c = app.add_subcommand(
      "probe",
      "Fit a linear probe on a model's frozen features, or on raw pixels");
  c->option_defaults()->group("Model");
  c->add_option(
      "--checkpoint", args->checkpoint,
      "Checkpoint of the backbone; its pooled features are classified");
  c->add_flag("--pixels", args->pixels,
              "Classify raw pixels instead, as a baseline");
  c->option_defaults()->group("Data");
  c->add_option("--dataset", args->data.name,
                "Data set, as listed by wsel datasets")
      ->required();
  c->add_option("--data-root", args->data.root,
                "Folder that holds the data set")
      ->required();
  c->add_option(
      "--subset", args->data.subset,
      "Number or share of training images, balanced by class: 500, 0.1 "
      "or 10%");
  c->add_option("--train-range", args->data.train_range,
                "First and end index of the training images: 54000,60000")
      ->delimiter(',');
  c->option_defaults()->group("Optimisation");
  c->add_option("--solver", args->solver,
                "Solver: " + train::ProbeSolvers().Choices() +
                    "; lbfgs fits logistic regression to convergence, lars and "
                    "sgd follow MAE's recipe, with batch norm")
      ->capture_default_str();
  c->add_option("--l2", args->logistic.l2,
                "L2 penalty (only --solver lbfgs): 1 / C of scikit-learn")
      ->capture_default_str();
  c->add_option("--epochs", args->recipe.epochs,
                "Training epochs (only --solver lars or sgd)")
      ->capture_default_str();
  c->add_option("--warmup-epochs", args->recipe.warmup_epochs,
                "Warmup epochs (only --solver lars or sgd)")
      ->capture_default_str();
  c->add_option("--batch-size", args->recipe.batch_size,
                "Batch size in images (only --solver lars or sgd)")
      ->capture_default_str();
  c->add_option("--lr", args->recipe.lr,
                "Learning rate per 256 images, scaled by the batch size (only "
                "--solver lars or sgd)")
      ->capture_default_str();
  c->add_option("--seed", args->recipe.seed,
                "Random seed (only --solver lars or sgd)")
      ->capture_default_str();
  c->add_flag("--augment", args->augment,
              "Apply MAE's random crops and flips (only --solver lars or sgd); "
              "features are then recomputed in each epoch");
  c->option_defaults()->group("Run");
  c->add_option("--workers", args->data.workers,
                "Data loader threads; -1: one per core")
      ->capture_default_str();
  c->add_option("--device", args->device,
                "Device that computes features: auto|cpu|cuda or cuda:1")
      ->capture_default_str();
  c->add_option("--threads", args->threads, "Compute threads; 0: one per core")
      ->capture_default_str();
  c->add_flag("--dry-run", args->dry_run,
              "Check the options and list missing files; compute nothing");
  c->add_flag("--json", args->json, "Print the result as JSON");
  c->callback([args, &invocation] {
    ReexecWithTunedEnvironment(invocation.argv);
    RunProbe(*args);
  });
}

}  // namespace wsel::cli
