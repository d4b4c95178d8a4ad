#include "wsel/session/analysis.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "wsel/checkpoint/npy_writer.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/create_folder.h"
#include "wsel/core/error.h"
#include "wsel/data/subset.h"
#include "wsel/plot/gnuplot.h"
#include "wsel/select/libtorch_svd.h"
#include "wsel/session/open_splits.h"

namespace wsel::session {
namespace {

namespace fs = std::filesystem;

// For tables and plots.
fs::path MakeFolder(const std::string& path) {
  if (path.empty()) {
    throw Error(ErrorKind::kUsage, "output",
                "is missing: the folder for tables and plots");
  }
  CreateFolder(path);
  return path;
}

// Draws a plot, or warns how to install gnuplot.
void Draw(const fs::path& file, const std::string& script) {
  if (plot::DrawPng(file, script)) return;
  spdlog::warn("{}: {}; only the tables were written", file.string(),
               plot::kGnuplotIsMissing);
}

std::vector<analyze::BlockFeatures> Profile(const AnalyzedModel& model,
                                            const data::Dataset& images,
                                            int64_t workers) {
  spdlog::info("{}: {} images", model.name, images.size());
  return analyze::ProfileOf(model.config, *model.weights, model.normalisation,
                            model.transform, images, static_cast<int>(workers));
}

data::Dataset AnalyzedImages(data::DataOptions options,
                             const model::Config& config) {
  options.in_chans = InChans(config);
  data::Dataset set = OpenTrainSplit(options);
  if (!options.subset.empty() || set.size() <= kAnalyzedImages) return set;
  return data::Subset(set, {.count = kAnalyzedImages}, options.subset_seed);
}

std::vector<analyze::ProductMatrix> ProductsOfModels(
    const std::vector<AnalyzedModel>& models, int64_t block, int64_t head) {
  std::vector<analyze::ProductMatrix> matrices;
  std::vector<analyze::ProductMatrix> value_proj;
  for (const AnalyzedModel& model : models) {
    const auto products =
        analyze::ProductsOf(model.config, *model.weights, block, head);
    const auto matrix = [&](const char* product, const at::Tensor& values) {
      return analyze::MatrixOf(model.name, product,
                               fmt::format("{}.{}.npy", product, model.slug),
                               values);
    };
    matrices.push_back(matrix("query_key", products.query_key));
    value_proj.push_back(matrix("value_proj", products.value_proj));
  }
  matrices.insert(matrices.end(), value_proj.begin(), value_proj.end());
  return matrices;
}

// Of all profiles only the teacher's stays in memory.
FeatureTables FeaturesOfModels(const std::vector<AnalyzedModel>& models,
                               const data::Dataset& images, int64_t workers) {
  FeatureTables tables;
  std::vector<analyze::BlockFeatures> reference;
  const auto teacher = std::ranges::find_if(models, &AnalyzedModel::is_teacher);
  if (teacher != models.end()) {
    tables.teacher = static_cast<size_t>(teacher - models.begin());
    reference = Profile(*teacher, images, workers);
  }
  for (const AnalyzedModel& model : models) {
    tables.models.push_back(analyze::TableOf(
        model.name,
        model.is_teacher ? reference : Profile(model, images, workers),
        reference));
  }
  return tables;
}

}  // namespace

std::vector<analyze::ProductMatrix> AnalyzeAttention(
    const AttentionRequest& request) {
  auto matrices = ProductsOfModels(
      OpenAnalyzedModels(request.models, &select::LibTorchSvd(),
                         fmt::format("blocks.{}.attn.", request.block)),
      request.block, request.head);
  const auto folder = MakeFolder(request.output);
  for (const analyze::ProductMatrix& matrix : matrices) {
    checkpoint::WriteNpy(folder / matrix.file, {matrix.width, matrix.width},
                         matrix.values);
  }
  const auto columns = static_cast<int>(matrices.size() / 2);
  Draw(folder / "attention.png", AttentionScript(matrices, columns));
  return matrices;
}

FeatureTables AnalyzeFeatures(const FeaturesRequest& request) {
  const auto analyzed =
      OpenAnalyzedModels(request.models, &select::LibTorchSvd());
  // Models of other channels cannot share the images, and fail at the first.
  const data::Dataset set =
      AnalyzedImages(request.data, analyzed.front().config);
  const auto folder = MakeFolder(request.output);
  FeatureTables tables = FeaturesOfModels(analyzed, set, request.data.workers);
  tables.num_images = set.size();
  WriteTextFile(folder / "depth.csv", DepthCsv(tables.models));
  Draw(folder / "depth.png", DepthScript(tables.models));
  if (const auto* teacher = tables.teacher_table()) {
    WriteTextFile(folder / "similarity.csv",
                  SimilarityCsv(tables.models, *teacher));
    Draw(folder / "similarity.png", SimilarityScript(tables.models, *teacher));
  }
  return tables;
}

std::vector<analyze::ModelWeights> AnalyzeWeights(
    const WeightsRequest& request) {
  const auto analyzed =
      OpenAnalyzedModels(request.models, &select::LibTorchSvd());
  const auto folder = MakeFolder(request.output);
  std::vector<analyze::ModelWeights> models;
  for (const AnalyzedModel& model : analyzed) {
    models.push_back(
        {model.name, analyze::WeightTable(model.config, *model.weights)});
  }
  WriteTextFile(folder / "weights.csv", WeightCsv(models));
  const std::string script = WeightScript(models);
  if (!script.empty()) Draw(folder / "weights.png", script);
  return models;
}

}  // namespace wsel::session
