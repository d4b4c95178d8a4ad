#include "wsel/session/analysis.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace wsel::session {
namespace {

std::vector<analyze::BlockFeatures> Profile(const AnalyzedModel& model,
                                            const data::Dataset& images,
                                            int64_t workers) {
  spdlog::info("{}: {} images", model.name, images.size());
  return analyze::ProfileOf(model.config, *model.weights, model.normalisation,
                            model.transform, images, static_cast<int>(workers));
}

}  // namespace

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

}  // namespace wsel::session
