// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/core/registry.h"
#include "wsel/select/selection_rule.h"

namespace wsel::select {

// How attention channels are selected.
enum class Heads {
  kFlat,    // one index set over all channels, across heads
  kWhole,   // whole heads; needs an equal head dimension
  kWithin,  // the same channels in every head; needs an equal number of heads
};
const Registry<Heads>& HeadRules();

// Whether the classifier is re-initialised or the teacher's.
enum class Head { kReset, kReuse };
const Registry<Head>& HeadSources();

// How a patch embedding's kernel is resampled to another size.
enum class PatchResize {
  kPinv,          // FlexiViT's pseudo-inverse of bicubic resizing, as timm
  kPinvBilinear,  // FlexiViT's pseudo-inverse of bilinear resizing
  kBilinear,      // the kernel resized like an image, bilinear, antialiased
};
const Registry<PatchResize>& PatchResizes();

// A layer selection by calibration images, which is resolved to a list of
// blocks before a plan is made.
inline constexpr std::string_view kBestLayers = "best";

struct Options {
  // How elements are selected; a row of Methods().
  Method method = &DefaultRule();
  // "first", "last", "mid", "uniform", or the teacher's blocks by number:
  // "0,2,4"; for a ConvNeXt one list per stage: "0,1/0,1/0,2,4,5,6,8/0,1".
  std::string layers = "first";
  Heads heads = Heads::kFlat;
  Head head = Head::kReset;
  PatchResize patch_resize = PatchResize::kPinv;
  // Components by name ("attn") or tensors by shell pattern ("blocks.3.*") that
  // are re-initialised, as timm would.
  std::vector<std::string> skip = {};
  // The rule of the paper's code, to the bit: a fused qkv is one dimension,
  // indices are by fp32 linspace, and no tensor with "head" in its name is
  // written.
  bool official = false;
  // For random methods and re-initialised tensors.
  uint64_t seed = 0;

  bool operator==(const Options&) const = default;

  const SelectionRule& Rule() const {
    return official ? OfficialRule() : *method;
  }
};

}  // namespace wsel::select
