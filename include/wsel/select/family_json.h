// Torch-free.
#pragma once

#include <string_view>

#include "wsel/select/family.h"

namespace wsel::select {

// Reads a family file, for example:
//   {"name": "mlp", "about": "...",
//    "dimensions": {"width": "width", "layers": "layers",
//                   "hidden": {"role": "hidden", "follows": "width"}},
//    "tensors": {"stem.weight": ["width", 3],
//                "blocks.{layers}.up.weight": ["hidden", "width"]},
//    "optional": ["stem.weight"],
//    "ignored": {"step": "counts batches"}}
// An axis is a fixed size, a dimension, or equal parts of one: "3*inner".
// Errors: kConfig, naming `where` and the key; for an unknown key, role or
// dimension the nearest known one is suggested. A dimension that no tensor has
// is an error, and so is one inside a layer that is also used outside of
// layers.
FamilyTable FamilyFromJson(std::string_view text, std::string_view where);

}  // namespace wsel::select
