// Torch-free.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "wsel/augment/options.h"
#include "wsel/augment/rand_augment.h"

namespace wsel::augment {

// Policies of automatic augmentation, by name:
//   rand-m9-mstd0.5-inc1          timm's RandAugment, see ParseRandAugment
//   original, originalr, v0, v0r  timm's AutoAugment; with -mstd0.5, magnitudes
//                                 have that standard deviation
//   3a                            3-Augment: greyscale, solarise or blur
//   ta_wide                       torchvision's TrivialAugmentWide

// An operation of a sub-policy.
struct PolicyOp {
  Op op = Op::kAutoContrast;
  double probability = 0;
  double magnitude = 0;
};
// Its two operations are applied in order.
using SubPolicy = std::array<PolicyOp, 2>;

// timm's AutoAugment: one of the sub-policies is drawn for each image.
struct AutoAugmentOptions {
  std::span<const SubPolicy> sub_policies;
  double magnitude_std = 0;
};

// Parses the names of AutoAugment. Errors: kConfig with all policies for
// another name.
AutoAugmentOptions ParseAutoAugment(std::string_view name,
                                    std::string_view where);

// Checks the name of any policy; "" is none. Errors: kConfig.
void ValidatePolicy(std::string_view name, std::string_view where);

// Draws the operations of a policy for a sample, in order. The name must be
// valid.
std::vector<DrawnOp> DrawPolicy(std::string_view name,
                                const SampleAddress& address);

// Whether the policy is torchvision's, with geometric operations by
// nearest neighbours and fill with black; timm's use the image's interpolation
// and mean.
bool IsTrivialAugment(std::string_view name);

// Operations of TrivialAugmentWide, and of its magnitudes, in torchvision's
// order. The operations without a magnitude have only the first.
inline constexpr int kTrivialOps = 14;
inline constexpr int kTrivialBins = 31;

// The operation at a place in torchvision's list, at one of its magnitudes;
// `negative` flips the direction if there is one. Empty for Identity.
std::vector<DrawnOp> TrivialOp(int place, int bin, bool negative);

// torchvision's ColorJitter as timm uses it: brightness, contrast and
// saturation by factors from max(0, 1 - strength) to 1 + strength, and the hue
// by -hue to hue turns, in a random order. 0: that part is off.
std::vector<DrawnOp> DrawColorJitter(double strength, double hue,
                                     const SampleAddress& address);

}  // namespace wsel::augment
