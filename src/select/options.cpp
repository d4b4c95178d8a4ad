#include "wsel/select/options.h"

#include <array>

namespace wsel::select {

const Registry<Method>& Methods() {
  static constexpr std::array<Registered<Method>, 8> kRows = {{
      {Method::kUniform, "uniform", "evenly spaced (the paper's default)"},
      {Method::kConsecutive, "consecutive", "the first ones"},
      {Method::kRandom, "random",
       "random, the same for dimensions of equal role"},
      {Method::kRandomInconsistent, "random-inconsistent",
       "random, drawn independently for every tensor and dimension"},
      {Method::kL1, "l1", "largest L1 norm, per tensor and dimension"},
      {Method::kMagnitude, "magnitude", "largest |w| of a tensor, reshaped"},
      {Method::kL1Shared, "l1-shared",
       "largest L1 norm summed over all tensors that share a dimension"},
      {Method::kL2Shared, "l2-shared",
       "largest squared L2 norm summed over all tensors that share a "
       "dimension"},
  }};
  static constexpr Registry<Method> kRegistry("method", kRows);
  return kRegistry;
}

bool KeepsConsistency(Method method) {
  return method != Method::kRandomInconsistent && method != Method::kL1 &&
         method != Method::kMagnitude;
}

bool IsDataDependent(Method method) {
  return method == Method::kL1 || method == Method::kMagnitude ||
         method == Method::kL1Shared || method == Method::kL2Shared;
}

const Registry<Heads>& HeadRules() {
  static constexpr std::array<Registered<Heads>, 3> kRows = {{
      {Heads::kFlat, "flat", "one index set over the channels of all heads"},
      {Heads::kWhole, "whole", "whole heads (equal head dimension)"},
      {Heads::kWithin, "within", "within every head (equal number of heads)"},
  }};
  static constexpr Registry<Heads> kRegistry("heads rule", kRows);
  return kRegistry;
}

const Registry<Head>& HeadSources() {
  static constexpr std::array<Registered<Head>, 2> kRows = {{
      {Head::kReset, "reset", "re-initialised classifier"},
      {Head::kReuse, "reuse",
       "the teacher's classifier (equal number of classes)"},
  }};
  static constexpr Registry<Head> kRegistry("head", kRows);
  return kRegistry;
}

const Registry<PatchResize>& PatchResizes() {
  static constexpr std::array<Registered<PatchResize>, 3> kRows = {{
      {PatchResize::kPinv, "pinv",
       "pseudo-inverse of bicubic resizing, as timm"},
      {PatchResize::kPinvBilinear, "pinv-bilinear",
       "pseudo-inverse of bilinear resizing, as FlexiViT"},
      {PatchResize::kBilinear, "bilinear", "the kernel resized like an image"},
  }};
  static constexpr Registry<PatchResize> kRegistry("patch resize", kRows);
  return kRegistry;
}

}  // namespace wsel::select
