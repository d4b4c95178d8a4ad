#include <ATen/ATen.h>
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "wsel/cli/calm_threads.h"
#include "wsel/cli/commands.h"
#include "wsel/cli/data_sets.h"
#include "wsel/cli/weights.h"
#include "wsel/core/error.h"
#include "wsel/data/sampler.h"
#include "wsel/model/build.h"
#include "wsel/train/evaluate.h"
#include "wsel/train/logistic.h"
#include "wsel/train/pictures.h"

namespace wsel::cli {
namespace {

struct ProbeArgs {
  std::string checkpoint;
  bool pixels = false;
  data::DataOptions data;
  train::LogisticOptions solver;
  bool json = false;
};

// What a linear classifier sees of a picture.
struct Features {
  int img_size = 224;
  // Images [B, 3, H, W] -> [B, D].
  std::function<at::Tensor(const at::Tensor&)> of;
};

// The pictures themselves, at the size in which they are stored.
Features PixelFeatures(const data::Dataset& set) {
  const auto first = set.picture(0);
  return {std::max(first.width(), first.height()),
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
  return {size, model.forward};
}

struct Table {
  at::Tensor features;  // [N, D]
  at::Tensor labels;    // [N]
};

Table Compute(const data::Dataset& set, const Features& features,
              const ProbeArgs& args) {
  constexpr int64_t kBatch = 100;
  std::vector<at::Tensor> rows;
  train::Uploader uploader(c10::kCPU, {});
  data::Loader loader(set, train::EvalPictures({.img_size = features.img_size}),
                      data::EvalBatches(set.size(), kBatch),
                      {.img_size = features.img_size,
                       .batch_size = kBatch,
                       .workers = static_cast<int>(args.data.workers)});
  const at::NoGradGuard no_grad;
  while (const data::Batch* batch = loader.Next()) {
    rows.push_back(
        features.of(uploader.Upload(*batch, features.img_size).images));
  }
  return {
      at::cat(rows),
      at::tensor(at::ArrayRef<int32_t>(set.labels), at::kInt).to(at::kLong)};
}

// Both tables to mean 0 and deviation 1 of the training features; what does not
// vary becomes 0.
void Standardise(Table& train, Table& test) {
  const auto mean = train.features.mean(0, /*keepdim=*/true);
  const auto std = train.features.std(0, /*unbiased=*/false, /*keepdim=*/true);
  const auto scale = at::where(std > 1e-6, std, at::full_like(std, INFINITY));
  for (Table* table : {&train, &test}) {
    table->features = (table->features - mean) / scale;
  }
}

void CheckProbeArgs(const ProbeArgs& args) {
  if (args.pixels != args.checkpoint.empty()) {
    throw Error(ErrorKind::kUsage, "wsel probe",
                "needs one of --checkpoint FILE and --pixels");
  }
}

void RunProbe(const ProbeArgs& args) {
  CheckProbeArgs(args);
  const DataSets sets = OpenDataSets(args.data);
  const auto classes = static_cast<int64_t>(sets.train.classes.size());
  if (classes < 2) {
    throw Error(ErrorKind::kMismatch, args.data.name,
                "has one class, and nothing to tell apart");
  }
  const Features features =
      args.pixels ? PixelFeatures(sets.train) : BackboneFeatures(args);
  Table train = Compute(sets.train, features, args);
  Table test = Compute(sets.test, features, args);
  Standardise(train, test);
  const auto linear =
      train::FitLogistic(train.features, train.labels, classes, args.solver);
  const auto accuracy = [&](const Table& table) {
    const auto logits = at::linear(table.features, linear.weight, linear.bias);
    return 100 * logits.argmax(1)
                     .eq(table.labels)
                     .to(at::kDouble)
                     .mean()
                     .item<double>();
  };
  const double on_train = accuracy(train);
  const double on_test = accuracy(test);
  if (args.json) {
    fmt::print("{}\n",
               nlohmann::ordered_json({{"train", sets.train.size()},
                                       {"test", sets.test.size()},
                                       {"features", train.features.size(1)},
                                       {"train_top1", on_train},
                                       {"top1", on_test}})
                   .dump());
    return;
  }
  fmt::print(
      "top-1 {:.2f}  (train {:.2f})  {} features, {} pictures to train, "
      "{} to test\n",
      on_test, on_train, train.features.size(1), sets.train.size(),
      sets.test.size());
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
  c->add_option("--l2", args->solver.l2,
                "Weight of the squared norm: 1 / C of scikit-learn");
  c->add_option("--workers", args->data.workers, "Threads that load pictures");
  c->add_flag("--json", args->json, "Print the result as JSON");
  c->callback([args, &invocation] {
    CalmThreads(invocation.argv);
    RunProbe(*args);
  });
}

}  // namespace wsel::cli
