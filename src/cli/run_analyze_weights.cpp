#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "analyze.h"
#include "torch_commands.h"
#include "wsel/core/dump_json.h"
#include "wsel/session/analysis.h"

namespace wsel::cli {
namespace {

using analyze::ModelWeights;
using analyze::WeightRow;

std::string RankText(const WeightRow& row) {
  if (row.full_rank == 0) return "";
  return fmt::format("{:.1f} / {}", row.effective_rank, row.full_rank);
}

void Print(const ModelWeights& model) {
  size_t width = 6;
  for (const WeightRow& row : model.rows) {
    width = std::max(width, row.tensor.size());
  }
  fmt::print("{}\n", model.name);
  fmt::print("  {:{}}  {:18}{:>11}{:>11}{:>11}{:>11}{:>11}  {}\n", "tensor",
             width, "shape", "mean", "std", "min", "max", "norm",
             "effective rank");
  for (const WeightRow& row : model.rows) {
    const Statistics& s = row.statistics;
    const auto line = fmt::format(
        "  {:{}}  {:18}{:11.3g}{:11.3g}{:11.3g}{:11.3g}{:11.4g}  {}",
        row.tensor, width, FormatShape(row.shape), s.mean, s.std, s.min, s.max,
        row.norm, RankText(row));
    fmt::print("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
  }
}

}  // namespace

void RunAnalyzeWeights(const WeightsArgs& args) {
  if (args.dry_run) {
    return DryRunWeights(args.request,
                         [](std::string_view text) { fmt::print("{}", text); });
  }
  const auto models = AnalyzeWeights(args.request);
  if (args.json) {
    fmt::print("{}\n", DumpJson(WeightJson(models), 1));
    return;
  }
  for (const ModelWeights& model : models) Print(model);
}

}  // namespace wsel::cli
