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

// The size of a subset: a number of samples, or a fraction in (0, 1].
struct SubsetSize {
  std::optional<int64_t> count;
  double fraction = 1;

  // The number of samples out of `size`; a fraction is rounded, to 1 or more.
  int64_t Of(int64_t size) const;
};

// Parses "500" as a number, "0.1" and "10%" as fractions. Errors: `error` at
// `where`.
SubsetSize ParseSubset(std::string_view text, std::string_view where = "subset",
                       ErrorKind error = ErrorKind::kUsage);

// Draws a subset, balanced by class: the counts of two classes differ by at
// most one. If a class has too few samples, the others fill up, and the name of
// the result states how many classes are short. The samples keep their order.
// With the same seed, a smaller subset is part of every larger one. Errors:
// kConfig if `dataset` is smaller.
Dataset Subset(const Dataset& dataset, const SubsetSize& size, uint64_t seed);

// Draws the `count` samples after the first `skip` in the order that Subset
// draws by: Subset of `skip` and the same seed has none of them. Errors:
// kConfig if `dataset` has fewer than both.
Dataset SubsetAfter(const Dataset& dataset, int64_t skip, int64_t count,
                    uint64_t seed);

// Draws a subset with the classes' proportions: of a class of n samples it has
// n * size / all, rounded as by Sainte-Lague. Small classes may have none left,
// which the name of the result states. The samples keep their order. With the
// same seed, a smaller subset is part of every larger one, and for classes of
// equal size it is Subset's. Errors: as Subset.
Dataset ProportionalSubset(const Dataset& dataset, const SubsetSize& size,
                           uint64_t seed);

// The samples of these classes, relabelled 0, 1, ... in the order of `names`;
// of a multi-label data set all samples, with only these labels. Errors:
// kConfig for an unknown name (suggesting the nearest), a repeated name, no
// names, or no samples.
Dataset OnlyClasses(const Dataset& dataset,
                    const std::vector<std::string>& names);

// The same samples with the classes `classes`, which include the data set's, in
// that order. Errors: kConfig for a class that is not among them.
Dataset WithMoreClasses(const Dataset& dataset,
                        const std::vector<std::string>& classes);
// The same, where class i of the data set is the one at `positions[i]`,
// whatever its name.
Dataset WithMoreClasses(const Dataset& dataset,
                        const std::vector<std::string>& classes,
                        const std::vector<int64_t>& positions);

// Samples first ... end - 1. Errors: kConfig unless 0 <= first < end <= size.
Dataset Range(const Dataset& dataset, int64_t first, int64_t end);
// `count` of the samples, 1 to all, evenly spaced from the first on.
Dataset EvenlySpaced(const Dataset& dataset, int64_t count);

}  // namespace wsel::data
