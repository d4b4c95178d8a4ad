#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "analyze.h"
#include "torch_commands.h"
#include "wsel/checkpoint/npy_writer.h"
#include "wsel/core/dump_json.h"
#include "wsel/select/libtorch_svd.h"
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

void PrintJson(const AttentionArgs& args,
               const std::vector<ProductMatrix>& matrices) {
  Json json = {
      {"block", args.block}, {"head", args.head}, {"matrices", Json::array()}};
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

// Open, multiply, write, draw, print.
void RunAnalyzeAttention(const AttentionArgs& args) {
  if (args.common.dry_run) {
    for (const model::Config& config : DryRunModels(args.common.models)) {
      analyze::CheckHead(config, args.block, args.head);
    }
    return;
  }
  const auto matrices = session::ProductsOfModels(
      OpenAnalyzedModels(args.common.models, &select::LibTorchSvd(),
                         fmt::format("blocks.{}.attn.", args.block)),
      args.block, args.head);
  const auto folder = MakeFolder(args.common.output);
  for (const ProductMatrix& matrix : matrices) {
    checkpoint::WriteNpy(folder / matrix.file, {matrix.width, matrix.width},
                         matrix.values);
  }
  const auto columns = static_cast<int>(matrices.size() / 2);
  Draw(folder / "attention.png", AttentionScript(matrices, columns));
  args.common.json ? PrintJson(args, matrices) : Print(matrices);
}

}  // namespace wsel::cli
