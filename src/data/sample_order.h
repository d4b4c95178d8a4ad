// Torch-free.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "wsel/data/dataset.h"

namespace wsel::data {

// What the first n samples of an order have of each class.
enum class ClassShare {
  kEqual,         // counts that differ by at most one
  kProportional,  // the data set's proportions
};

// All samples, ordered such that every prefix shares out the classes so: in
// each round, each class with samples left contributes one, in random order; or
// by the highest averages of Sainte-Lague. Of classes of equal size both orders
// are the same. A multi-label sample is one of its rarest class; those without
// labels are one more class. A function of the seed and the name of the random
// stream.
std::vector<int64_t> OrderByClass(const Dataset& dataset, ClassShare share,
                                  uint64_t seed, std::string_view stream);

// The samples `chosen`, in that order, with unchanged labels and classes.
Dataset SelectSamples(const Dataset& dataset, std::vector<int64_t> chosen);

}  // namespace wsel::data
