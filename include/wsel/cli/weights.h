// Torch-free.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wsel/checkpoint/checkpoint.h"
#include "wsel/model/detect.h"
#include "wsel/naming/adapt.h"
#include "wsel/train/options.h"

namespace wsel::cli {

// A checkpoint that has been opened and looked at.
struct Weights {
  std::unique_ptr<checkpoint::Checkpoint> file;
  naming::Adapted adapted;  // points into `file`
  std::optional<model::Detection> model;
  // Why there is no `model`, where a tensor tells of one that is unknown here.
  std::string refusal;
};

// Opens a checkpoint and finds out which model it is of: from what this program
// wrote into its metadata, else from names, shapes and their source.
Weights OpenWeights(const std::string& path);

// Errors: kMismatch where nobody knows what model it is, or where the file has
// a tensor among the weights that its source should not have or that is not
// read, with the reason.
const model::Detection& RequireModel(const Weights& weights);

// The model's tensors that the file lacks, or has in another shape.
std::vector<std::string> MissingTensors(const Weights& weights);

// Under kMeanKey or kStdKey: what the file's metadata says, else what its
// source is known for, as JSON; nothing where neither is.
std::optional<std::string> PicturesOf(const Weights& weights,
                                      const std::string& key);

// "[0.5,0.5,0.5]", as PicturesOf gives it. Errors: kFormat at `where`.
std::array<double, 3> ThreeNumbers(const std::string& json,
                                   const std::string& where);

// Of the pictures that the weights were trained on, where the file or its
// source says so, else ImageNet's. Errors: as ThreeNumbers.
train::Normalisation NormalisationOf(const Weights& weights);

// The key of the metadata under which this program keeps the model's config.
inline constexpr const char* kModelKey = "wsel.model";
// Or, of a model that no config describes, its sizes (select/plan.h).
inline constexpr const char* kGenericKey = "wsel.generic_model";
// And of what pictures its weights were trained on, as JSON: mean and deviation
// of the three channels, names of the classes.
inline constexpr const char* kMeanKey = "wsel.mean";
inline constexpr const char* kStdKey = "wsel.std";
inline constexpr const char* kClassesKey = "wsel.classes";

}  // namespace wsel::cli
