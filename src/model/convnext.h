// Torch-free.
#pragma once

#include <string>
#include <vector>

#include "field.h"
#include "shape_reader.h"
#include "wsel/model/convnext_config.h"
#include "wsel/model/detect.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/model/variants.h"

namespace wsel::model {

// Of a depthwise convolution, in pixels.
inline constexpr int64_t kMaxConvNextKernel = 63;

// The larger parts of kConvNext (architecture.h), a file each.

std::vector<ParameterSpec> ConvNextParameterSpecs(const ConvNextConfig& config);

void AddConvNextVariants(std::vector<Variant>& out);

bool LooksLikeConvNext(const ShapeReader& read);
ConvNextConfig DetectConvNext(const ShapeReader& read, const Hints& hints,
                              std::vector<std::string>& assumptions);

}  // namespace wsel::model
