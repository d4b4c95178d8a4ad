// Torch-free.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wsel/core/registry.h"

namespace wsel::model {

// What the positions along a dimension of a described family stand for.
enum class DimensionRole {
  kWidth,      // one index set through the whole model (a residual stream)
  kHidden,     // inside one layer, written and read there
  kAttention,  // as kHidden, and its channels come in heads
  kLeading,    // the first ones are taken: positions of tokens
  kFixed,      // never selected from: vocabulary, kernels, image channels
  kLayers,     // no dimension of a tensor: how often {it} is repeated
};
const Registry<DimensionRole>& DimensionRoles();

struct Dimension {
  std::string name;
  DimensionRole role = DimensionRole::kFixed;
  // Into FamilyTable::dimensions: where a student's size is not stated it
  // shrinks as that one does.
  std::optional<size_t> follows;
};

// One dimension of a tensor: `factor` equal parts of a named dimension (3 in a
// fused q, k, v), or without one the number `factor` itself.
struct FamilyAxis {
  std::optional<size_t> dimension;  // into FamilyTable::dimensions
  int64_t factor = 1;
};

// A tensor's name, and where layers repeat it the place of their number.
struct NameTemplate {
  std::string before;            // all of the name without layers
  std::optional<size_t> layers;  // into FamilyTable::dimensions
  std::string after;

  // "encoder.layer.3.output.dense.bias"
  std::string With(int64_t layer) const;
};

struct FamilyTensor {
  std::string text;  // the template as the file has it
  NameTemplate name;
  std::vector<FamilyAxis> axes;  // one a dimension
  bool optional = false;         // a teacher may lack it
};

struct IgnoredTensor {
  std::string text;
  NameTemplate name;
  std::string reason;
};

// A family of models as a table: what its tensors are called, and what their
// dimensions mean. Read from a file (family_json.h), and laid over a
// checkpoint's tensors (family_match.h).
struct FamilyTable {
  std::string name;
  std::string about;
  std::string source;  // the file, for messages
  std::vector<Dimension> dimensions;
  std::vector<FamilyTensor> tensors;
  std::vector<IgnoredTensor> ignored;
};

// Sizes by name: those of dimensions, and "inner.heads" for the heads of an
// attention dimension "inner".
using Sizes = std::map<std::string, int64_t>;

// All names that Sizes may have for this family.
std::vector<std::string> SizeNames(const FamilyTable& family);

// The key of Sizes for the heads of an attention dimension.
std::string HeadsOf(const Dimension& dimension);

}  // namespace wsel::model
