// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "component_mapping.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::select {

// Two configured models of one architecture, and the layer selection.
struct ConfigPair {
  model::Config teacher;
  model::Config student;
  std::vector<model::ParameterSpec> teacher_parameters;
  std::vector<model::ParameterSpec> student_parameters;
  std::vector<std::vector<int64_t>> layers;  // as Plan::layers
};

// The teacher's parameter that one of the student's is selected from: the same
// one, in the block of the layer selection; for the final norm also the one
// before or after pooling. Null if there is none.
const model::ParameterSpec* Counterpart(const ConfigPair& models,
                                        const model::ParameterSpec& student);

// Whether heads must be kept as they are: rotary positions, normalised queries
// and keys, or differential attention give their channels an order.
bool KeepsHeads(const model::Config& teacher, const model::Config& student);

// What replaces a parameter that the teacher has no counterpart of: a bias or
// layer scale becomes the identity; tokens, positions, attention pooling and a
// final norm are initialised as timm would, with a note. All others are an
// Error. Sets the tensor's source and note.
void Replace(const ConfigPair& models, const model::ParameterSpec& student,
             MappedTensor& tensor);

// The dimensions of the teacher's parameter; by the official rule one for each
// pair of sizes, whatever its role.
std::vector<MappedAxis> AxesOf(const ConfigPair& models,
                               const model::ParameterSpec& teacher,
                               const model::ParameterSpec& student,
                               bool official);

// How tensors with positions or with patch kernels are resampled, if at all.
struct Resampling {
  std::optional<PosEmbedResample> pos_embed;
  std::optional<PatchEmbedResample> patch_embed;
  std::optional<InChansAdaptation> in_chans = {};
};

// Which row of the teacher's position embeddings belongs to which prefix token
// of the student (class, distillation, registers; with no_embed_class none has
// a row), and both grids and patch sizes. The official rule does not resample.
// Adds a note for every row that becomes zeros.
Resampling ResamplingOf(const ConfigPair& models, const Options& options,
                        std::vector<std::string>& notes);

// Whether the official script skips a parameter: every one with "head" in its
// name, ConvNeXt's final norm included.
bool OfficialSkips(const std::string& name);

// The attention heads of a configured model; 1 x 1 without attention.
HeadSplit HeadsOf(const model::Config& config);

}  // namespace wsel::select
