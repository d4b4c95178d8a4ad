#include "wsel/analyze/feature_table.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "measures.h"
#include "wsel/core/csv.h"

namespace wsel::analyze {
namespace {

BlockRow Measure(const BlockFeatures& block,
                 const std::vector<BlockFeatures>& teacher) {
  BlockRow row;
  row.block = block.block;
  row.width = block.features.size(1);
  row.rms = block.rms;
  row.effective_rank = EffectiveRank(Centred(block.features));
  for (const BlockFeatures& other : teacher) {
    row.cka.push_back(LinearCka(block.features, other.features));
    const bool comparable = other.features.size(1) == row.width;
    row.cosine.push_back(comparable ? MeanCosine(block.features, other.features)
                                    : std::numeric_limits<double>::quiet_NaN());
  }
  return row;
}

}  // namespace

ModelFeatures TableOf(const std::string& name,
                      const std::vector<BlockFeatures>& profile,
                      const std::vector<BlockFeatures>& teacher) {
  ModelFeatures model = {name, {}};
  for (const BlockFeatures& block : profile) {
    model.rows.push_back(Measure(block, teacher));
  }
  return model;
}

int64_t MostSimilar(const BlockRow& row) {
  int64_t best = -1;
  for (size_t i = 0; i < row.cka.size(); ++i) {
    if (std::isnan(row.cka[i])) continue;
    if (best < 0 || row.cka[i] > row.cka[static_cast<size_t>(best)]) {
      best = static_cast<int64_t>(i);
    }
  }
  return best;
}

std::string DepthCsv(const std::vector<ModelFeatures>& models) {
  std::string csv = "model,block,width,rms,effective_rank\n";
  for (const ModelFeatures& model : models) {
    for (const BlockRow& row : model.rows) {
      csv +=
          fmt::format("{},{},{},{},{}\n", CsvCell(model.name), row.block,
                      row.width, CsvCell(row.rms), CsvCell(row.effective_rank));
    }
  }
  return csv;
}

std::string SimilarityCsv(const std::vector<ModelFeatures>& models,
                          const ModelFeatures& teacher) {
  std::string csv = "model,block,teacher_block,cka,cosine\n";
  for (const ModelFeatures& model : models) {
    for (const BlockRow& row : model.rows) {
      for (size_t i = 0; i < row.cka.size(); ++i) {
        csv += fmt::format("{},{},{},{},{}\n", CsvCell(model.name), row.block,
                           teacher.rows[i].block, CsvCell(row.cka[i]),
                           CsvCell(row.cosine[i]));
      }
    }
  }
  return csv;
}

nlohmann::ordered_json FeatureJson(const std::vector<ModelFeatures>& models,
                                   int64_t num_images) {
  using Json = nlohmann::ordered_json;
  Json json = {{"num_images", num_images}, {"models", Json::array()}};
  for (const ModelFeatures& model : models) {
    Json blocks = Json::array();
    for (const BlockRow& row : model.rows) {
      blocks.push_back({{"block", row.block},
                        {"width", row.width},
                        {"rms", row.rms},
                        {"effective_rank", row.effective_rank},
                        {"teacher_cka", row.cka},
                        {"teacher_cosine", row.cosine}});
    }
    json["models"].push_back({{"model", model.name}, {"blocks", blocks}});
  }
  return json;
}

}  // namespace wsel::analyze
