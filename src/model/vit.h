// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shape_reader.h"
#include "wsel/model/detect.h"
#include "wsel/model/init.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/model/variants.h"
#include "wsel/model/vit_config.h"

namespace wsel::model {

// The larger parts of kVit (architecture.h), a file each.

std::vector<ParameterSpec> VitParameterSpecs(const VitConfig& config);
void AddVitVariants(std::vector<Variant>& out);

std::vector<std::string_view> VitForwardExtras(const VitConfig& config);
std::string VitNameBySizes(const VitConfig& config);
std::string DescribeVit(const VitConfig& config);

double VitFlops(const VitConfig& config);
int64_t VitSavedValues(const VitConfig& config);

// timm's init_weights_vit_timm and, of an Eva, Eva.init_weights.
Init VitTimmInit(const VitConfig& config, const ParameterSpec& parameter);
// timm's post-norm blocks begin their norms at the layer scale.
double VitNormWeight(const VitConfig& config, const ParameterSpec& parameter);
// Trockman & Kolter 2023. Errors: kConfig if the width is not a multiple of 4,
// or attention is of another form than theirs.
std::optional<Init> VitMimeticInit(const VitConfig& config,
                                   const ParameterSpec& parameter);
// The attention heads of published models of that width, where nearly all of
// them have the same; 0: not known.
int64_t PublishedHeads(int64_t width);

// To compare configs: the hidden channels in place of their ratio to the width.
// 3.7362 and 4304 / 1152 are one model.
VitConfig WithHiddenForRatios(VitConfig config);

bool LooksLikeVit(const ShapeReader& read);
VitConfig DetectVit(const ShapeReader& read, const Hints& hints,
                    std::vector<std::string>& assumptions);
// The part of DetectVit that no tensor shows: heads, pooling, image size,
// rotary positions, layer scale's initial value, activation and epsilon.
void CompleteVit(const Hints& hints, std::vector<std::string>& assumptions,
                 VitConfig& config);

}  // namespace wsel::model
