#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "wsel/analyze/attention_products.h"
#include "wsel/analyze/feature_table.h"
#include "wsel/analyze/weight_table.h"
#include "wsel/session/analysis_request.h"
#include "wsel/session/print.h"

namespace wsel::session {

// Each opens the models, computes its tables and writes them, with plots if
// gnuplot is installed, to the folder of the request. Errors: as
// OpenAnalyzedModels; kUsage without a folder; kIo.

// The products of one attention head: all models' query_key, then all models'
// value_proj, which are the rows of the plot. Errors: as analyze::ProductsOf.
std::vector<analyze::ProductMatrix> AnalyzeAttention(
    const AttentionRequest& request);

struct FeatureTables {
  std::vector<analyze::ModelFeatures> models;
  std::optional<size_t> teacher;  // the index of its table
  int64_t num_images = 0;

  const analyze::ModelFeatures* teacher_table() const {
    return teacher ? &models[*teacher] : nullptr;
  }
};
// The models' features of training images. Errors: as OpenTrainSplit.
FeatureTables AnalyzeFeatures(const FeaturesRequest& request);

std::vector<analyze::ModelWeights> AnalyzeWeights(
    const WeightsRequest& request);

// Each checks all that can be checked without weights, and prints the models
// and the missing files. Errors: as the analysis.
void DryRunAttention(const AttentionRequest& request, const Print& print);
void DryRunFeatures(const FeaturesRequest& request, const Print& print);
void DryRunWeights(const WeightsRequest& request, const Print& print);

}  // namespace wsel::session
