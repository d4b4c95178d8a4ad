// Torch-free.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/core/registry.h"

namespace wsel::select {

// What the positions along a dimension of a family file stand for.
enum class DimensionRole {
  kWidth,      // one index set through the whole model (a residual stream)
  kHidden,     // inside one layer, written and read there
  kAttention,  // as kHidden, with channels grouped in heads
  kLeading,    // the first positions are taken: token positions
  kFixed,      // never selected from: vocabulary, kernels, image channels
  kLayers,     // not a dimension of a tensor: the number of layers
};
const Registry<DimensionRole>& DimensionRoles();

struct Dimension {
  std::string name;
  DimensionRole role = DimensionRole::kFixed;
  // Index into FamilyTable::dimensions: unless the student's size is given, it
  // shrinks by the same ratio as that dimension.
  std::optional<size_t> follows;
  int64_t first = 0;  // kLayers: the number of the first layer in names
};

// One dimension of a tensor: `factor` equal parts of a named dimension (3 for a
// fused q, k, v), or the fixed size `factor` if none is named, or one position
// for each head of an attention dimension.
struct FamilyAxis {
  std::optional<size_t> dimension;  // index into FamilyTable::dimensions
  int64_t factor = 1;
  bool per_head = false;
};

// A tensor's name, with a placeholder for the layer number if layers repeat it.
struct NameTemplate {
  std::string before;            // the whole name if there are no layers
  std::optional<size_t> layers;  // index into FamilyTable::dimensions
  std::string after;
  int64_t first = 0;  // Dimension::first of `layers`

  // "encoder.layer.3.output.dense.bias"; `layer` is counted from 0.
  std::string With(int64_t layer) const {
    return layers ? before + std::to_string(first + layer) + after : before;
  }
};

struct FamilyTensor {
  std::string text;  // the template as written in the file
  NameTemplate name;
  std::vector<FamilyAxis> axes;  // one per dimension
  bool optional = false;         // a teacher may lack it
};

struct IgnoredTensor {
  std::string text;
  NameTemplate name;
  std::string reason;
};

// A family of models described by the names of its tensors and the roles of
// their dimensions. Read from a file and matched against the tensors of a
// checkpoint (family_match.h).
struct FamilyTable {
  std::string name;
  std::string about;
  std::string source;  // the file's name, for messages
  std::vector<Dimension> dimensions;
  std::vector<FamilyTensor> tensors;
  std::vector<IgnoredTensor> ignored;
};

// Reads a family file, for example:
//   {"name": "mlp", "about": "...",
//    "dimensions": {"width": "width", "layers": "layers",
//                   "hidden": {"role": "hidden", "follows": "width"}},
//    "tensors": {"stem.weight": ["width", 3],
//                "blocks.{layers}.up.weight": ["hidden", "width"]},
//    "optional": ["stem.weight"],
//    "ignored": {"step": "counts batches"}}
// An axis is a fixed size, a dimension, equal parts of one, "3*inner", or the
// heads of an attention dimension, "inner.heads". Layers are counted from 0, or
// {"role": "layers", "from": 1}.
// Errors: kConfig, naming `where` and the key; for an unknown key, role or
// dimension the nearest known one is suggested. A dimension that no tensor has
// is an error, and so is one inside a layer that is also used outside of
// layers.
FamilyTable FamilyFromJson(std::string_view text, std::string_view where);

// Sizes by name: those of dimensions, and "inner.heads" for the number of heads
// of an attention dimension "inner".
using Sizes = std::map<std::string, int64_t>;

// Of texts such as "width=192", each name once. Errors: kUsage at `where`.
Sizes SizesFromText(const std::vector<std::string>& items,
                    std::string_view where);

// All keys that Sizes may have for this family.
std::vector<std::string> SizeNames(const FamilyTable& family);

// Errors: kUsage at `where` for a size that the family does not have.
void CheckSizeNames(const FamilyTable& family, const Sizes& sizes,
                    std::string_view where);

// Whether a tensor has one position for each head of that dimension, so that
// shapes determine the number of heads.
bool HasHeadAxis(const FamilyTable& family, const Dimension& dimension);

// The key in Sizes of an attention dimension's number of heads.
inline std::string HeadsOf(const Dimension& dimension) {
  return dimension.name + ".heads";
}

}  // namespace wsel::select
