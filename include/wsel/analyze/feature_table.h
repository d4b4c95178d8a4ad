#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "wsel/analyze/depth_profile.h"

namespace wsel::analyze {

// Statistics of the features of one block.
struct BlockRow {
  std::string block;
  int64_t width = 0;
  double rms = 0;
  // Of the features minus their mean over the images.
  double effective_rank = 0;
  // With each of the teacher's blocks (none without a teacher); the cosine is
  // NaN if the widths differ. See measures.h.
  std::vector<double> cka;
  std::vector<double> cosine;
};

struct ModelFeatures {
  std::string name;
  std::vector<BlockRow> rows;
};

// `teacher` has features of the same images in the same order, or is empty.
ModelFeatures TableOf(const std::string& name,
                      const std::vector<BlockFeatures>& profile,
                      const std::vector<BlockFeatures>& teacher);

// The index of the teacher's block that is most similar by CKA, or -1 if there
// is none.
int64_t MostSimilar(const BlockRow& row);

// model,block,width,rms,effective_rank
std::string DepthCsv(const std::vector<ModelFeatures>& models);
// model,block,teacher_block,cka,cosine for all pairs of blocks
std::string SimilarityCsv(const std::vector<ModelFeatures>& models,
                          const ModelFeatures& teacher);
// All of both, with the number of images; NaN is written as null.
nlohmann::ordered_json FeatureJson(const std::vector<ModelFeatures>& models,
                                   int64_t num_images);

// gnuplot scripts: rms and effective rank by depth, one line per model; CKA of
// all pairs of blocks, one panel per model.
std::string DepthScript(const std::vector<ModelFeatures>& models);
std::string SimilarityScript(const std::vector<ModelFeatures>& models,
                             const ModelFeatures& teacher);

}  // namespace wsel::analyze
