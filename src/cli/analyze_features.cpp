#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "analyze.h"
#include "analyzed_model_args.h"
#include "dry_run.h"
#include "wsel/analyze/feature_table.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/dump_json.h"
#include "wsel/data/subset.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;
using analyze::BlockRow;
using analyze::ModelFeatures;

struct FeaturesArgs {
  AnalyzedModelArgs models;
  data::DataOptions data;
  std::string output;
  bool json = false;
};

// A few hundred are enough for stable statistics.
constexpr int64_t kImages = 512;

data::Dataset AnalyzedImages(const data::DataOptions& options) {
  const data::Dataset set = session::OpenSplits(options).train;
  if (!options.subset.empty() || set.size() <= kImages) return set;
  return data::Subset(set, {.count = kImages}, options.subset_seed);
}

std::vector<analyze::BlockFeatures> Profile(const session::AnalyzedModel& model,
                                            const data::Dataset& set,
                                            int64_t workers) {
  spdlog::info("{}: {} images", model.name, set.size());
  return analyze::ProfileOf(model.config, *model.weights, model.normalisation,
                            set, static_cast<int>(workers));
}

// Of all profiles only the teacher's stays in memory.
std::vector<ModelFeatures> TablesOf(
    const std::vector<session::AnalyzedModel>& analyzed,
    const session::AnalyzedModel* teacher, const data::Dataset& set,
    int64_t workers) {
  std::vector<analyze::BlockFeatures> reference;
  if (teacher != nullptr) reference = Profile(*teacher, set, workers);
  std::vector<ModelFeatures> models;
  for (const session::AnalyzedModel& model : analyzed) {
    const auto profile =
        &model == teacher ? reference : Profile(model, set, workers);
    models.push_back(analyze::TableOf(model.name, profile, reference));
  }
  return models;
}

void Print(const ModelFeatures& model, const ModelFeatures* teacher) {
  fmt::print("{}\n  {:18}  {:>5}  {:>9}  {:>14}{}\n", model.name, "block",
             "width", "rms", "effective rank",
             teacher == nullptr ? "" : "  most similar teacher block (CKA)");
  for (const BlockRow& row : model.rows) {
    fmt::print("  {:18}  {:5}  {:9.4g}  {:14.2f}", row.block, row.width,
               row.rms, row.effective_rank);
    if (const int64_t best = MostSimilar(row); best >= 0) {
      const auto at = static_cast<size_t>(best);
      fmt::print("  {} ({:.3f})", teacher->rows[at].block, row.cka[at]);
    }
    fmt::print("\n");
  }
}

// nlohmann writes NaN as null.
void PrintJson(const std::vector<ModelFeatures>& models, int64_t num_images) {
  Json json = {{"num_images", num_images}, {"models", Json::array()}};
  for (const ModelFeatures& model : models) {
    Json blocks = Json::array();
    for (const BlockRow& row : model.rows) {
      blocks.push_back({{"block", row.block},
                        {"width", row.width},
                        {"rms", row.rms},
                        {"effective_rank", row.effective_rank},
                        {"teacher_cka", row.cka},
                        {"teacher_cosine", row.cosine}});
    }
    json["models"].push_back({{"model", model.name}, {"blocks", blocks}});
  }
  fmt::print("{}\n", DumpJson(json, 1));
}

// Open, run, compare, write, draw, print.
void RunFeatures(const FeaturesArgs& args) {
  if (args.models.dry_run) {
    DryRunAnalyzedModels(args.models);
    const auto sizes = DryRunSizes(args.data, session::Splits::kBoth);
    fmt::print("data        {}, {}\n", args.data.name, CountText(sizes.train));
    return;
  }
  const auto analyzed = OpenAnalyzedModels(args.models);
  const data::Dataset set = AnalyzedImages(args.data);
  const AnalysisFolder folder(args.output);
  const auto teacher =
      std::ranges::find_if(analyzed, &session::AnalyzedModel::is_teacher);
  const bool compares = teacher != analyzed.end();
  const auto models = TablesOf(analyzed, compares ? &*teacher : nullptr, set,
                               args.data.workers);
  const ModelFeatures* compared =
      compares ? &models[static_cast<size_t>(teacher - analyzed.begin())]
               : nullptr;
  WriteTextFile(folder / "depth.csv", DepthCsv(models));
  folder.Draw("depth.png", DepthScript(models));
  if (compares) {
    WriteTextFile(folder / "similarity.csv", SimilarityCsv(models, *compared));
    folder.Draw("similarity.png", SimilarityScript(models, *compared));
  }
  if (args.json) {
    PrintJson(models, set.size());
    return;
  }
  for (const ModelFeatures& model : models) Print(model, compared);
}

}  // namespace

void AddAnalyzeFeatures(CLI::App& analyze, const Invocation& invocation) {
  const auto args = std::make_shared<FeaturesArgs>();
  CLI::App* c =
      analyze.add_subcommand("features",
                             "Features of each block on training images: RMS, "
                             "effective rank, similarity "
                             "to the teacher's blocks (CKA, cosine)");
  AddAnalyzedModelOptions(*c, args->models);
  c->add_option("--dataset", args->data.name,
                "Data set, as listed by wsel datasets")
      ->required();
  c->add_option("--data-root", args->data.root,
                "Folder that holds the data set")
      ->required();
  c->add_option("--subset", args->data.subset,
                fmt::format("Number or share of training images, balanced by "
                            "class: 500, 0.1 or 10% (default: {}, or all if "
                            "fewer)",
                            kImages));
  c->add_option("--workers", args->data.workers,
                "Data loader threads; -1: one per core")
      ->capture_default_str();
  c->add_option("--output", args->output,
                "Output folder: depth.csv and .png and, with a teacher, "
                "similarity.csv and .png");
  c->add_flag("--json", args->json, "Print the result as JSON");
  invocation.computing.push_back({c, {}});
  c->callback([args] { RunFeatures(*args); });
}

}  // namespace wsel::cli
