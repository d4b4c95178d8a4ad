#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "analyze.h"
#include "dry_run.h"
#include "torch_commands.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/dump_json.h"
#include "wsel/data/subset.h"
#include "wsel/select/libtorch_svd.h"
#include "wsel/session/analysis.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;
using analyze::BlockRow;
using analyze::ModelFeatures;

data::Dataset AnalyzedImages(const data::DataOptions& options) {
  const data::Dataset set = session::OpenTrainSplit(options);
  if (!options.subset.empty() || set.size() <= kAnalyzedImages) return set;
  return data::Subset(set, {.count = kAnalyzedImages}, options.subset_seed);
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

}  // namespace

// Open, run, compare, write, draw, print.
void RunAnalyzeFeatures(const FeaturesArgs& args) {
  if (args.common.dry_run) {
    DryRunModels(args.common.models);
    const auto sizes = DryRunSizes(args.data, session::Splits::kBoth);
    fmt::print("data        {}, {}\n", args.data.name, CountText(sizes.train));
    return;
  }
  const auto analyzed =
      OpenAnalyzedModels(args.common.models, &select::LibTorchSvd());
  const data::Dataset set = AnalyzedImages(args.data);
  const auto folder = MakeFolder(args.common.output);
  const auto tables =
      session::FeaturesOfModels(analyzed, set, args.data.workers);
  const std::vector<ModelFeatures>& models = tables.models;
  const ModelFeatures* teacher = tables.teacher_table();
  WriteTextFile(folder / "depth.csv", DepthCsv(models));
  Draw(folder / "depth.png", DepthScript(models));
  if (teacher != nullptr) {
    WriteTextFile(folder / "similarity.csv", SimilarityCsv(models, *teacher));
    Draw(folder / "similarity.png", SimilarityScript(models, *teacher));
  }
  if (args.common.json) return PrintJson(models, set.size());
  for (const ModelFeatures& model : models) Print(model, teacher);
}

}  // namespace wsel::cli
