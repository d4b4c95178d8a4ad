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

void PrintJson(const session::AttentionRequest& request,
               const std::vector<ProductMatrix>& matrices) {
  Json json = {{"block", request.block},
               {"head", request.head},
               {"matrices", Json::array()}};
  for (const ProductMatrix& matrix : matrices) {
    json["matrices"].push_back(
        {{"model", matrix.model},
         {"matrix", matrix.product},
         {"width", matrix.width},
         {"diagonal_mean", matrix.diagonality.diagonal_mean},
         {"off_diagonal_rms", matrix.diagonality.off_diagonal_rms},
         {"file", matrix.file}});
  }
  fmt::print("{}\n", DumpJson(json, 1));
}

}  // namespace

void RunAnalyzeAttention(const AttentionArgs& args) {
  if (args.dry_run) {
    return DryRunAttention(
        args.request, [](std::string_view text) { fmt::print("{}", text); });
  }
  const auto matrices = AnalyzeAttention(args.request);
  args.json ? PrintJson(args.request, matrices) : Print(matrices);
}

}  // namespace wsel::cli
