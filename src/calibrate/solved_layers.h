// Torch-free.
#pragma once

#include <string>
#include <string_view>

#include "wsel/model/config.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/select/plan.h"

namespace wsel::calibrate {

// What plans need to know of an architecture of which layers are computed; one
// row and one file, *_solved_layers.cpp, each.
struct SolvedLayers {
  // How regression changes a tensor of this student that is taken; "": it does
  // not.
  std::string (*regression)(const model::ParameterSpec& parameter,
                            const model::Config& student);
  // How projection makes a tensor.
  std::string (*projection)(const model::ParameterSpec& parameter) = nullptr;
  // Errors: kMismatch, naming the field, for models that regression cannot fit.
  void (*require_regression)(const select::Plan& plan) = nullptr;
  // Errors: as RequireProjectable (vit_projectable.h).
  void (*require_projection)(const select::Plan& plan);
  // As KeepsHeadsWhole; null: it has no heads.
  bool (*keeps_heads_whole)(const model::Config& teacher) = nullptr;
};

extern const SolvedLayers kVitSolvedLayers;
extern const SolvedLayers kConvNextSolvedLayers;  // of both versions

const SolvedLayers& SolvedLayersOf(const model::Config& config);

// Whether a tensor's name has a part such as ".fc2."
inline bool NameHas(std::string_view name, std::string_view part) {
  return name.find(part) != std::string_view::npos;
}

// The plan's words.
inline constexpr const char* kFittedReader =
    "ridge regression onto the teacher's layer";
inline constexpr const char* kFittedWriter =
    "ridge regression onto the teacher's stream";
inline constexpr const char* kFittedNorm =
    "fitted to the teacher's, channel by channel";
inline constexpr const char* kFittedScale =
    "its root mean square; the layer before it has the rest";

}  // namespace wsel::calibrate
