// Torch-free.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "wsel/model/variants.h"

namespace wsel::pretrained {

// Models as a table by group (model_groups.h): name, parameters, FLOPs of an
// image and aliases, with 1000 classes; and the same as an array of objects,
// with all fields of each config.
std::string ModelTable(const std::vector<const model::Variant*>& models);
nlohmann::ordered_json ToJson(const std::vector<const model::Variant*>& models);

}  // namespace wsel::pretrained
