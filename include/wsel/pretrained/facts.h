// Torch-free.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "wsel/image/normalisation.h"
#include "wsel/pretrained/pretrained_checkpoint.h"

namespace wsel::pretrained {

// Where a fact about a checkpoint comes from. The first that knows it counts.
enum class FactSource {
  kGiven,     // a flag or a recipe
  kMetadata,  // the file's metadata, as this program writes it
  kLibrary,   // names and shapes, and the source library's pretrained_cfg
  kAssumed,   // none of them: a default
};

// One value per channel.
struct RgbFact {
  std::array<double, 3> values{};
  FactSource source = FactSource::kAssumed;
};

struct MeanStd {
  RgbFact mean;
  RgbFact std;

  image::Normalisation normalisation() const {
    return {mean.values, std.values};
  }
};

// What running a checkpoint's model needs beside the weights. Whoever needs one
// of these asks here, so that no two commands decide differently.
struct Facts {
  model::Config model;  // with image size, eps and activation
  FactSource model_source = FactSource::kLibrary;
  MeanStd mean_std;  // of its images
  // ForwardDifferences of the file's own model, if another one is given.
  std::vector<std::string> differences;
};

// Facts that the user gives, and defaults for unknown ones.
struct GivenFacts {
  std::optional<model::Config> model = std::nullopt;
  std::optional<std::array<double, 3>> mean = std::nullopt;
  std::optional<std::array<double, 3>> std = std::nullopt;
  image::Normalisation assumed = {};  // ImageNet's
};

// Errors: as RequireModel and MeanStdOf.
Facts FactsOf(const PretrainedCheckpoint& checkpoint,
              const GivenFacts& given = {});

// Only the mean and std, which are known of unknown models too. Errors: kFormat
// for metadata that is not three numbers.
MeanStd MeanStdOf(const PretrainedCheckpoint& checkpoint,
                  const GivenFacts& given = {});

// Adds the mean and std to the metadata of a file, if they are known.
void AddMeanStd(const PretrainedCheckpoint& checkpoint,
                std::map<std::string, std::string>& metadata);

// "images of 224 px, mean [0.5,0.5,0.5] (source library), std ..., LayerNorm
// eps 1e-06, GELU (metadata)"
std::string Describe(const Facts& facts);

// Logs that line, and a warning for each of the differences. `path` is the
// checkpoint's.
void LogFacts(const Facts& facts, const std::string& path);

}  // namespace wsel::pretrained
