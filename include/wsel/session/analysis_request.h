// Torch-free.
#pragma once

#include <cstdint>
#include <string>

#include "wsel/data/options.h"
#include "wsel/session/analyzed_models.h"

namespace wsel::session {

// Analyses as given on the command line, each with the folder that its tables
// and plots are written to.
struct WeightsRequest {
  AnalysisRequest models;
  std::string output;
};

struct AttentionRequest {
  AnalysisRequest models;
  std::string output;
  int64_t block = 0;
  int64_t head = 0;
};

struct FeaturesRequest {
  AnalysisRequest models;
  std::string output;
  data::DataOptions data;
};

// A few hundred images are enough for stable statistics of features; those of
// a subset that is given are all taken.
inline constexpr int64_t kAnalyzedImages = 512;

}  // namespace wsel::session
