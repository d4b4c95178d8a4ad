#include "wsel/select/options.h"

namespace wsel::select {

const Registry<Heads>& HeadRules() {
  static constexpr Registered<Heads> kRows[] = {
      {Heads::kFlat, "flat", "one index set over the channels of all heads"},
      {Heads::kWhole, "whole", "whole heads (equal head dimension)"},
      {Heads::kWithin, "within", "within every head (equal number of heads)"},
  };
  static constexpr Registry<Heads> kRegistry("heads rule", kRows);
  return kRegistry;
}

const Registry<Head>& HeadSources() {
  static constexpr Registered<Head> kRows[] = {
      {Head::kReset, "reset", "re-initialised classifier"},
      {Head::kReuse, "reuse",
       "the teacher's classifier (equal number of classes)"},
  };
  static constexpr Registry<Head> kRegistry("head", kRows);
  return kRegistry;
}

const Registry<PatchResize>& PatchResizes() {
  static constexpr Registered<PatchResize> kRows[] = {
      {PatchResize::kPinv, "pinv",
       "pseudo-inverse of bicubic resizing, as timm"},
      {PatchResize::kPinvBilinear, "pinv-bilinear",
       "pseudo-inverse of bilinear resizing, as FlexiViT"},
      {PatchResize::kBilinear, "bilinear", "the kernel resized like an image"},
  };
  static constexpr Registry<PatchResize> kRegistry("patch resize", kRows);
  return kRegistry;
}

}  // namespace wsel::select
