// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "wsel/data/dataset.h"
#include "wsel/data/open.h"
#include "wsel/data/table.h"

namespace wsel::data {

// A picture, and what is to be said of it.
struct Remark {
  int64_t index;
  std::string text;
};

struct CheckReport {
  std::vector<Remark> broken;      // the message names file or record
  std::vector<Remark> damaged;     // "images/1.jpg: has no end marker"
  std::vector<int64_t> per_class;  // samples of each class
  // Sizes of those that can be decoded, in pixels.
  int min_width = 0;
  int max_width = 0;
  int min_height = 0;
  int max_height = 0;
};

// Decodes every picture, on `threads` threads (0: one per processor). Remarks
// are in the order of the set. `progress` is told how many are done, from one
// thread at a time. Errors that are no wsel::Error pass through.
CheckReport Check(const Dataset& set, size_t threads = 0,
                  const std::function<void(int64_t done)>& progress = nullptr);

// Where an opened set differs from what the table says of it: "240 pictures
// are here; the whole set has 3680". Empty where all is as usual.
std::vector<std::string> Unusual(const DatasetFacts& facts, Split split,
                                 const Dataset& set);

}  // namespace wsel::data
