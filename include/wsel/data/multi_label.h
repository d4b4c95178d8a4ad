// Torch-free.
#pragma once

#include "wsel/core/registry.h"

namespace wsel::data {

// How a CSV of labels gives an image any number of labels: as a 0 or 1 in a
// column of each class, or as the cell of one column, separated.
enum class MultiLabel {
  kOff,   // each image has exactly one label
  kAuto,  // columns if there is no column of labels; else the first of ; | ,
          // that is in a cell of labels; else a space
  kColumns,
  kSemicolon,
  kBar,
  kComma,
  kSpace,
};
// off, auto, columns, semicolon, bar, comma, space
const Registry<MultiLabel>& MultiLabels();

}  // namespace wsel::data
