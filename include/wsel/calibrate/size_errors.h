#pragma once

#include <cstdint>
#include <vector>

#include "wsel/calibrate/images.h"
#include "wsel/calibrate/reference.h"
#include "wsel/model/config.h"
#include "wsel/select/plan.h"
#include "wsel/select/selection_rule.h"

namespace wsel::calibrate {

// For each number of channels, from 0 to all, the share of the energy that the
// best of them have: it does not decrease, and ends at 1.
using KeptShares = std::vector<double>;

// That of channels with these scores, none negative, in any order; equal shares
// if all are zero.
KeptShares KeptSharesOf(std::vector<double> scores);

// Estimates what of a teacher smaller students lack, without building them
// (docs/methods.md, "Budget").
class SizeErrors {
 public:
  // `activations` are the teacher's ActivationScores on the images, which other
  // steps need too. A rule that looks at no images is taken to keep channels
  // without regard to their energy.
  // Errors: as ActivationScores.
  SizeErrors(const Reference& teacher, const select::SelectionRule& rule,
             const select::ImportanceScores& activations, const Images& images);

  // The share of the teacher's energy that a student lacks, 0 to 1: 1 minus the
  // product of the shares that its depth, widths, attention and hidden channels
  // keep. `layers` as select::Plan::layers; `change` as in DepthStep, of these.
  // No smaller for a narrower student. No dimension may exceed the teacher's.
  double Of(const model::Config& student,
            const std::vector<std::vector<int64_t>>& layers,
            double change) const;

 private:
  // Per stage and block.
  using BlockShares = std::vector<std::vector<KeptShares>>;

  std::vector<KeptShares> width_;  // per stage
  BlockShares hidden_;
  BlockShares attention_;  // {}: no attention
};

}  // namespace wsel::calibrate
