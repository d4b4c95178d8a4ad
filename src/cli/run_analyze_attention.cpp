#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "analyze.h"
#include "torch_commands.h"
#include "wsel/core/dump_json.h"
#include "wsel/session/analysis.h"

namespace wsel::cli {
namespace {

using analyze::ProductMatrix;

void Print(const std::vector<ProductMatrix>& matrices) {
  size_t width = 5;
  for (const ProductMatrix& matrix : matrices) {
    width = std::max(width, matrix.model.size());
  }
  fmt::print("{:{}}  {:10}  {:>5}  {:>13}  {:>16}\n", "model", width, "matrix",
             "width", "diagonal mean", "off-diagonal rms");
  for (const ProductMatrix& matrix : matrices) {
    fmt::print("{:{}}  {:10}  {:5}  {:13.4g}  {:16.4g}\n", matrix.model, width,
               matrix.product, matrix.width, matrix.diagonality.diagonal_mean,
               matrix.diagonality.off_diagonal_rms);
  }
}

}  // namespace

void RunAnalyzeAttention(const AttentionArgs& args) {
  if (args.dry_run) {
    return DryRunAttention(
        args.request, [](std::string_view text) { fmt::print("{}", text); });
  }
  const auto matrices = AnalyzeAttention(args.request);
  if (!args.json) return Print(matrices);
  fmt::print("{}\n", DumpJson(ProductsJson(args.request.block,
                                           args.request.head, matrices),
                              1));
}

}  // namespace wsel::cli
