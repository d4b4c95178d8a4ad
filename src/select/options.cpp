#include "wsel/select/options.h"

namespace wsel::select {

const Registry<Heads>& HeadRules() {
  static constexpr Registered<Heads> kRows[] = {{Heads::kFlat, "flat"},
                                                {Heads::kWhole, "whole"},
                                                {Heads::kWithin, "within"}};
  static constexpr Registry<Heads> kRegistry("heads rule", kRows);
  return kRegistry;
}

const Registry<Head>& HeadSources() {
  static constexpr Registered<Head> kRows[] = {{Head::kReset, "reset"},
                                               {Head::kReuse, "reuse"}};
  static constexpr Registry<Head> kRegistry("head", kRows);
  return kRegistry;
}

const Registry<PatchResize>& PatchResizes() {
  static constexpr Registered<PatchResize> kRows[] = {
      {PatchResize::kPinv, "pinv"},
      {PatchResize::kPinvBilinear, "pinv-bilinear"},
      {PatchResize::kBilinear, "bilinear"}};
  static constexpr Registry<PatchResize> kRegistry("patch resize", kRows);
  return kRegistry;
}

}  // namespace wsel::select
