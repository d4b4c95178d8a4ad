#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "analyze.h"
#include "torch_commands.h"
#include "wsel/core/dump_json.h"
#include "wsel/session/analysis.h"

namespace wsel::cli {
namespace {

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

}  // namespace

void RunAnalyzeFeatures(const FeaturesArgs& args) {
  if (args.dry_run) {
    return DryRunFeatures(
        args.request, [](std::string_view text) { fmt::print("{}", text); });
  }
  const auto tables = AnalyzeFeatures(args.request);
  if (args.json) {
    const auto json = FeatureJson(tables.models, tables.num_images);
    fmt::print("{}\n", DumpJson(json, 1));
    return;
  }
  for (const ModelFeatures& model : tables.models) {
    Print(model, tables.teacher_table());
  }
}

}  // namespace wsel::cli
