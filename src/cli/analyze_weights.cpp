#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "analyze.h"
#include "analyzed_model_args.h"
#include "wsel/analyze/plots.h"
#include "wsel/analyze/weight_table.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/csv.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;
using analyze::WeightRow;

struct WeightsArgs {
  AnalyzedModelArgs models;
  std::string output;
  bool json = false;
};

struct ModelWeights {
  std::string name;
  std::vector<WeightRow> rows;
};

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

std::string Csv(const std::vector<ModelWeights>& models) {
  std::string csv =
      "model,tensor,shape,mean,std,min,max,nan_count,norm,effective_rank,"
      "full_rank\n";
  for (const ModelWeights& model : models) {
    for (const WeightRow& row : model.rows) {
      const Statistics& s = row.statistics;
      csv += fmt::format(
          "{},{},{},{},{},{},{},{},{},{},{}\n", CsvCell(model.name), row.tensor,
          fmt::join(row.shape, "x"), CsvCell(s.mean), CsvCell(s.std),
          CsvCell(s.min), CsvCell(s.max), s.nan_count, CsvCell(row.norm),
          CsvCell(row.effective_rank),
          row.full_rank == 0 ? "" : std::to_string(row.full_rank));
    }
  }
  return csv;
}

// nlohmann writes NaN and infinity as null.
Json AsJson(const std::vector<ModelWeights>& models) {
  Json json = Json::array();
  for (const ModelWeights& model : models) {
    Json tensors = Json::array();
    for (const WeightRow& row : model.rows) {
      const Statistics& s = row.statistics;
      tensors.push_back({{"tensor", row.tensor},
                         {"shape", row.shape},
                         {"mean", s.mean},
                         {"std", s.std},
                         {"min", s.min},
                         {"max", s.max},
                         {"nan_count", s.nan_count},
                         {"norm", row.norm},
                         {"effective_rank", row.effective_rank},
                         {"full_rank", row.full_rank}});
    }
    json.push_back({{"model", model.name}, {"tensors", tensors}});
  }
  return json;
}

// Names within a block of the weight matrices in blocks.
std::vector<std::string> LayersOf(const std::vector<ModelWeights>& models) {
  std::vector<std::string> layers;
  for (const ModelWeights& model : models) {
    for (const WeightRow& row : model.rows) {
      if (row.block < 0 || row.full_rank == 0) continue;
      if (std::ranges::find(layers, row.layer) == layers.end()) {
        layers.push_back(row.layer);
      }
    }
  }
  return layers;
}

// Over blocks, one line per model.
analyze::LineChart Chart(const std::vector<ModelWeights>& models,
                         const std::string& layer, const std::string& y_label,
                         const std::function<double(const WeightRow&)>& value) {
  analyze::LineChart chart;
  chart.title = layer;
  chart.x_label = "block";
  chart.y_label = y_label;
  for (const ModelWeights& model : models) {
    analyze::Line line = {model.name, {}};
    for (const WeightRow& row : model.rows) {
      if (row.layer != layer || row.block < 0) continue;
      line.values.resize(static_cast<size_t>(row.block) + 1,
                         std::numeric_limits<double>::quiet_NaN());
      line.values.back() = value(row);
    }
    chart.lines.push_back(std::move(line));
  }
  return chart;
}

void Draw(const AnalysisFolder& folder,
          const std::vector<ModelWeights>& models) {
  const auto layers = LayersOf(models);
  if (layers.empty()) return;
  std::vector<analyze::LineChart> charts;
  for (const std::string& layer : layers) {
    charts.push_back(
        Chart(models, layer, "standard deviation",
              [](const WeightRow& row) { return row.statistics.std; }));
  }
  for (const std::string& layer : layers) {
    charts.push_back(Chart(
        models, layer, "effective rank / full rank", [](const WeightRow& row) {
          return row.effective_rank / static_cast<double>(row.full_rank);
        }));
  }
  folder.Draw("weights.png",
              LineChartScript(charts, static_cast<int>(layers.size())));
}

// Open, measure, write, draw, print.
void RunWeights(const WeightsArgs& args) {
  if (args.models.dry_run) {
    DryRunAnalyzedModels(args.models);
    return;
  }
  const auto analyzed = OpenAnalyzedModels(args.models);
  const AnalysisFolder folder(args.output);
  std::vector<ModelWeights> models;
  for (const session::AnalyzedModel& model : analyzed) {
    models.push_back(
        {model.name, analyze::WeightTable(model.config, *model.weights)});
  }
  WriteTextFile(folder / "weights.csv", Csv(models));
  Draw(folder, models);
  if (args.json) {
    // A file name need not be UTF-8.
    fmt::print("{}\n", AsJson(models).dump(1, ' ', false,
                                           Json::error_handler_t::replace));
    return;
  }
  for (const ModelWeights& model : models) Print(model);
}

}  // namespace

void AddAnalyzeWeights(CLI::App& analyze, const Invocation&) {
  const auto args = std::make_shared<WeightsArgs>();
  CLI::App* c = analyze.add_subcommand(
      "weights",
      "Mean, standard deviation, norm and effective rank of every tensor, also "
      "plotted over blocks");
  AddAnalyzedModelOptions(*c, args->models);
  c->add_option("--output", args->output,
                "Output folder: weights.csv and weights.png");
  c->add_flag("--json", args->json, "Print the result as JSON");
  c->callback([args] { RunWeights(*args); });
}

}  // namespace wsel::cli
