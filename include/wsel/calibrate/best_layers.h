#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/calibrate/images.h"
#include "wsel/calibrate/reference.h"

namespace wsel::calibrate {

// Which blocks of a teacher a shallower student has.
struct BestLayers {
  std::vector<std::vector<int64_t>> layers;  // as select::Plan::layers
  // A line each in the order in which blocks were dropped: "blocks.7: 0.012".
  std::vector<std::string> dropped;
};

// A step on the way from a whole teacher to a shallower one.
struct DepthStep {
  std::vector<std::vector<int64_t>> layers;  // as select::Plan::layers
  std::string dropped;                       // "blocks.7"; "": none yet
  // Of the features, |f - f'|^2 / |f|^2, without all that is dropped.
  double change = 0;
};

// At most this many images, evenly spaced, since each block is tried again
// after each that is dropped.
inline constexpr int64_t kDepthImages = 64;

// Drops one block at a time, that without which the features before the
// classifier change least (|f - f'|^2 / |f|^2), given those dropped before.
// `depths` has the student's blocks per stage. Ties go to the later block.
// Errors: kMismatch if a stage of the student is deeper, naming it, or for
// features that are NaN or infinite.
BestLayers ChooseBestLayers(const Reference& teacher,
                            const std::vector<int64_t>& depths,
                            const Images& images);

// The same one step at a time, from all blocks to `depths`. `costs` has what a
// block of each stage costs: the block is dropped of which the features change
// least for what it costs. Errors: as ChooseBestLayers.
std::vector<DepthStep> DropBlocks(const Reference& teacher,
                                  const std::vector<int64_t>& depths,
                                  const std::vector<double>& costs,
                                  const Images& images);

}  // namespace wsel::calibrate
