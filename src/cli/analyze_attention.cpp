#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "analyze.h"
#include "analyzed_model_args.h"
#include "wsel/analyze/attention_products.h"
#include "wsel/analyze/plots.h"
#include "wsel/checkpoint/npy_writer.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;

struct AttentionArgs {
  AnalyzedModelArgs models;
  int64_t block = 0;
  int64_t head = 0;
  std::string output;
  bool json = false;
};

// A product of two weight matrices of one model.
struct Matrix {
  std::string model;
  std::string product;  // "query_key" or "value_proj"
  std::string file;
  int64_t width = 0;
  std::vector<float> values;
  analyze::Diagonality diagonality;
};

Matrix MakeMatrix(const session::AnalyzedModel& model,
                  const std::string& product, const at::Tensor& x) {
  const auto values = x.to(at::kFloat).contiguous();
  const float* data = values.const_data_ptr<float>();
  return {model.name,
          product,
          fmt::format("{}.{}.npy", product, model.slug),
          x.size(0),
          {data, data + values.numel()},
          analyze::DiagonalityOf(x)};
}

// All of one product, then all of the other: the rows of the plot.
std::vector<Matrix> AllMatrices(const AttentionArgs& args) {
  std::vector<Matrix> query_key;
  std::vector<Matrix> value_proj;
  const std::string prefix = fmt::format("blocks.{}.attn.", args.block);
  for (const session::AnalyzedModel& model :
       OpenAnalyzedModels(args.models, prefix)) {
    const auto products = analyze::ProductsOf(model.config, *model.weights,
                                              args.block, args.head);
    query_key.push_back(MakeMatrix(model, "query_key", products.query_key));
    value_proj.push_back(MakeMatrix(model, "value_proj", products.value_proj));
  }
  query_key.insert(query_key.end(), value_proj.begin(), value_proj.end());
  return query_key;
}

// The colour range ends at the 99.9th percentile, so that outliers do not make
// the rest pale.
analyze::HeatMap MapOf(const Matrix& matrix) {
  const double limit = analyze::AbsoluteQuantile(matrix.values, 0.999);
  const double high = limit > 0 && std::isfinite(limit) ? limit : 1;
  return {
      .title = matrix.model,
      .x_label = "channel",
      .y_label = matrix.product == "query_key" ? "W_q W_k^T" : "W_v W_{proj}",
      .rows = matrix.width,
      .columns = matrix.width,
      .values = matrix.values,
      .low = -high,
      .high = high};
}

void Print(const std::vector<Matrix>& matrices) {
  size_t width = 5;
  for (const Matrix& matrix : matrices) {
    width = std::max(width, matrix.model.size());
  }
  fmt::print("{:{}}  {:10}  {:>5}  {:>13}  {:>16}\n", "model", width, "matrix",
             "width", "diagonal mean", "off-diagonal rms");
  for (const Matrix& matrix : matrices) {
    fmt::print("{:{}}  {:10}  {:5}  {:13.4g}  {:16.4g}\n", matrix.model, width,
               matrix.product, matrix.width, matrix.diagonality.diagonal_mean,
               matrix.diagonality.off_diagonal_rms);
  }
}

void PrintJson(const AttentionArgs& args, const std::vector<Matrix>& matrices) {
  Json json = {
      {"block", args.block}, {"head", args.head}, {"matrices", Json::array()}};
  for (const Matrix& matrix : matrices) {
    json["matrices"].push_back(
        {{"model", matrix.model},
         {"matrix", matrix.product},
         {"width", matrix.width},
         {"diagonal_mean", matrix.diagonality.diagonal_mean},
         {"off_diagonal_rms", matrix.diagonality.off_diagonal_rms},
         {"file", matrix.file}});
  }
  // A file name need not be UTF-8.
  fmt::print("{}\n", json.dump(1, ' ', false, Json::error_handler_t::replace));
}

// Open, multiply, write, draw, print.
void RunAttention(const AttentionArgs& args) {
  if (args.models.dry_run) {
    for (const model::Config& config : DryRunAnalyzedModels(args.models)) {
      analyze::CheckHead(config, args.block, args.head);
    }
    return;
  }
  const auto matrices = AllMatrices(args);
  const AnalysisFolder folder(args.output);
  std::vector<analyze::HeatMap> maps;
  for (const Matrix& matrix : matrices) {
    checkpoint::WriteNpy(folder / matrix.file, {matrix.width, matrix.width},
                         matrix.values);
    maps.push_back(MapOf(matrix));
  }
  const auto columns = static_cast<int>(matrices.size() / 2);
  folder.Draw("attention.png",
              HeatMapScript(maps, columns, analyze::Palette::kDiverging));
  args.json ? PrintJson(args, matrices) : Print(matrices);
}

}  // namespace

void AddAnalyzeAttention(CLI::App& analyze, const Invocation&) {
  const auto args = std::make_shared<AttentionArgs>();
  CLI::App* c = analyze.add_subcommand("attention",
                                       "Plot W_q W_k^T and W_v W_proj of one "
                                       "attention head of several ViTs (the "
                                       "paper's Figure 5)");
  AddAnalyzedModelOptions(*c, args->models);
  c->add_option("--block", args->block, "Block index, from 0")
      ->capture_default_str();
  c->add_option("--head-index", args->head,
                "Attention head of the block, from 0")
      ->capture_default_str();
  c->add_option("--output", args->output,
                "Output folder: attention.png and one .npy file per matrix");
  c->add_flag("--json", args->json, "Print the result as JSON");
  c->callback([args] { RunAttention(*args); });
}

}  // namespace wsel::cli
