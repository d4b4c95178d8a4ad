#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/analyze/depth_profile.h"

namespace wsel::analyze {

// One block of one model in numbers.
struct BlockRow {
  std::string block;
  int64_t width = 0;
  double rms = 0;
  // Of the features less their mean, which tells nothing of a picture.
  double effective_rank = 0;
  // With each of the teacher's blocks, none without a teacher; the cosine is
  // NaN where widths differ. See similarity.h.
  std::vector<double> cka;
  std::vector<double> cosine;
};

struct ModelFeatures {
  std::string name;
  std::vector<BlockRow> rows;
};

// `teacher` saw the same pictures in the same order; it is empty where there is
// none.
ModelFeatures TableOf(const std::string& name,
                      const std::vector<BlockFeatures>& profile,
                      const std::vector<BlockFeatures>& teacher);

// The index of the teacher's block that a row is most like by CKA, or -1.
int64_t MostAlike(const BlockRow& row);

// model,block,width,rms,effective_rank
std::string DepthCsv(const std::vector<ModelFeatures>& models);
// model,block,teacher_block,cka,cosine: all pairs.
std::string SimilarityCsv(const std::vector<ModelFeatures>& models,
                          const ModelFeatures& teacher);

// Scripts for gnuplot: rms and rank through depth, a line a model; CKA of all
// pairs of blocks, a panel a model.
std::string DepthScript(const std::vector<ModelFeatures>& models);
std::string SimilarityScript(const std::vector<ModelFeatures>& models,
                             const ModelFeatures& teacher);

}  // namespace wsel::analyze
