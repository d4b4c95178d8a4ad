// Torch-free.
#pragma once

#include <string_view>

#include "wsel/model/family.h"

namespace wsel::model {

// Reads a family file, for example:
//   {"name": "mlp", "about": "...",
//    "dimensions": {"width": "width", "layers": "layers",
//                   "hidden": {"role": "hidden", "follows": "width"}},
//    "tensors": {"stem.weight": ["width", 3],
//                "blocks.{layers}.up.weight": ["hidden", "width"]},
//    "optional": ["stem.weight"],
//    "ignored": {"step": "counts batches"}}
// An axis is a number, a dimension, or equal parts of one: "3*inner".
// Errors: kConfig, naming `where` and the key; unknown keys, roles and
// dimensions come with the nearest known one. Refused too: a dimension that no
// tensor has, and one of a layer's inside that is used outside of layers.
FamilyTable FamilyFromJson(std::string_view text, std::string_view where);

}  // namespace wsel::model
