// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shape_reader.h"
#include "wsel/model/detect.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/model/variants.h"
#include "wsel/model/vit_config.h"

namespace wsel::model {

// The larger parts of kVit (architecture.h), a file each.

std::vector<ParameterSpec> VitParameterSpecs(const VitConfig& config);
void AddVitVariants(std::vector<Variant>& out);

// The attention heads of published models of that width, where nearly all of
// them have the same; 0: not known.
int64_t PublishedHeads(int64_t width);

bool LooksLikeVit(const ShapeReader& read);
VitConfig DetectVit(const ShapeReader& read, const Hints& hints,
                    std::vector<std::string>& assumptions);

}  // namespace wsel::model
