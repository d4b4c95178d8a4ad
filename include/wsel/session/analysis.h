#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wsel/analyze/attention_products.h"
#include "wsel/analyze/feature_table.h"
#include "wsel/data/dataset.h"
#include "wsel/session/analyzed_models.h"

namespace wsel::session {

// The products of one attention head: all models' query_key, then all models'
// value_proj, which are the rows of the plot. Errors: as analyze::ProductsOf.
std::vector<analyze::ProductMatrix> ProductsOfModels(
    const std::vector<AnalyzedModel>& models, int64_t block, int64_t head);

struct FeatureTables {
  std::vector<analyze::ModelFeatures> models;
  std::optional<size_t> teacher;  // the index of its table

  const analyze::ModelFeatures* teacher_table() const {
    return teacher ? &models[*teacher] : nullptr;
  }
};
// The models' features of these images. `workers`: loader threads; -1: one per
// core.
FeatureTables FeaturesOfModels(const std::vector<AnalyzedModel>& models,
                               const data::Dataset& images, int64_t workers);

}  // namespace wsel::session
