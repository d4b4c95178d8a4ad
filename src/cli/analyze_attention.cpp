#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "analyze.h"
#include "wsel/checkpoint/npy_writer.h"
#include "wsel/core/dump_json.h"
#include "wsel/session/analysis.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;
using analyze::ProductMatrix;

struct AttentionArgs {
  AnalyzeArgs common;
  int64_t block = 0;
  int64_t head = 0;
};

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

// Open, multiply, write, draw, print.
void RunAttention(const AttentionArgs& args) {
  if (args.common.dry_run) {
    for (const model::Config& config : DryRunModels(args.common.models)) {
      analyze::CheckHead(config, args.block, args.head);
    }
    return;
  }
  const auto matrices = session::ProductsOfModels(
      OpenAnalyzedModels(args.common.models,
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

}  // namespace

void AddAnalyzeAttention(CLI::App& analyze, const Invocation&) {
  const auto args = std::make_shared<AttentionArgs>();
  CLI::App* c =
      analyze.add_subcommand("attention",
                             "Plot W_q W_k^T and W_v W_proj of one attention "
                             "head of several ViTs (the paper's Figure 5)");
  AddAnalyzedModels(*c, args->common);
  c->add_option("--block", args->block, "Block index, from 0")
      ->capture_default_str();
  c->add_option("--head-index", args->head,
                "Attention head of the block, from 0")
      ->capture_default_str();
  AddAnalyzeOutput(*c, args->common,
                   "Output folder: attention.png and one .npy file per matrix");
  c->callback([args] { RunAttention(*args); });
}

}  // namespace wsel::cli
