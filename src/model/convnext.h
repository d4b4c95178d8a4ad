// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "shape_reader.h"
#include "wsel/model/convnext_config.h"
#include "wsel/model/detect.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::model {

// The larger parts of kConvNext (architecture.h), a file each.

std::vector<ParameterSpec> ConvNextParameterSpecs(const ConvNextConfig& config);

bool LooksLikeConvNext(const ShapeReader& read);
ConvNextConfig DetectConvNext(const ShapeReader& read, const Hints& hints,
                              std::vector<std::string>& assumptions);

}  // namespace wsel::model
