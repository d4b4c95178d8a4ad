// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/core/error.h"
#include "wsel/data/dataset.h"

namespace wsel::data {

// How many samples of a set: a number, or a fraction of it in (0, 1].
struct SubsetSize {
  std::optional<int64_t> count;
  double fraction = 1;

  // Of a set of `size`; a fraction is rounded, and is at least 1.
  int64_t Of(int64_t size) const;
};

// "500" is a number, "0.1" and "10%" are fractions. Errors: `error` at `where`.
SubsetSize ParseSubset(std::string_view text,
                       std::string_view where = "--subset",
                       ErrorKind error = ErrorKind::kUsage);

// A seeded choice, balanced by class: classes have equal numbers or, where that
// does not come out even, some, chosen by the seed, one more. Where a class has
// less than its share, the others fill up, and the set's name says how many
// classes are short. The samples keep their order. Of one seed, a smaller
// subset is part of every larger one. Errors: kConfig where `set` is smaller.
Dataset Subset(const Dataset& set, const SubsetSize& size, uint64_t seed);

// The samples of these classes, relabelled 0, 1, ... in the order of `names`.
// Errors: kConfig for an unknown name, with the nearest known, a name given
// twice, no names, or no samples.
Dataset OnlyClasses(const Dataset& set, const std::vector<std::string>& names);

// Samples first ... end - 1. Errors: kConfig where there are no such samples.
Dataset Range(const Dataset& set, int64_t first, int64_t end);

}  // namespace wsel::data
