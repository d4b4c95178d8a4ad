#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "analyze.h"
#include "torch_commands.h"
#include "wsel/core/dump_json.h"
#include "wsel/session/analysis.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;
using analyze::BlockRow;
using analyze::ModelFeatures;

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

void RunAnalyzeFeatures(const FeaturesArgs& args) {
  if (args.dry_run) {
    return DryRunFeatures(
        args.request, [](std::string_view text) { fmt::print("{}", text); });
  }
  const auto tables = AnalyzeFeatures(args.request);
  if (args.json) return PrintJson(tables.models, tables.num_images);
  for (const ModelFeatures& model : tables.models) {
    Print(model, tables.teacher_table());
  }
}

}  // namespace wsel::cli
