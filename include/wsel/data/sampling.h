// Torch-free.
#pragma once

#include "wsel/core/registry.h"

namespace wsel::data {

// The training images of an epoch.
enum class Sampling {
  kShuffle,   // each once, in random order
  kBalanced,  // equally many of each class: see BalancedOrder
};
// shuffle, balanced
const Registry<Sampling>& Samplings();

}  // namespace wsel::data
