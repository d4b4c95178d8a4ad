// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/core/registry.h"

namespace wsel::select {

// Which elements of a teacher's dimension the student takes (paper, sections
// 3.2 and 5).
enum class Method {
  kUniform,
  kConsecutive,
  kRandom,
  kRandomInconsistent,
  kL1,
  kMagnitude,
  kL1Shared,
  kL2Shared,
};
const Registry<Method>& Methods();
// Whether equal roles are indexed alike, so that what is added, multiplied or
// handed on stays aligned: the paper's consistency.
bool KeepsConsistency(Method method);
// Whether the choice looks at the teacher's numbers.
bool LooksAtWeights(Method method);

// How attention's channels are chosen.
enum class Heads {
  kFlat,    // one index set over all channels, across heads
  kWhole,   // whole heads; teacher and student have the same head dimension
  kWithin,  // the same channels of every head; the same number of heads
};
const Registry<Heads>& HeadRules();

// Where the classifier comes from.
enum class Head { kFresh, kReuse };
const Registry<Head>& HeadSources();

// How a patch embedding's kernel is brought to another size.
enum class PatchResize {
  kPinv,          // FlexiViT's pseudo-inverse of bicubic resizing (timm's way)
  kPinvBilinear,  // FlexiViT's pseudo-inverse of bilinear resizing
  kBilinear,      // the kernel resized as a picture, bilinear, antialiased
};
const Registry<PatchResize>& PatchResizes();

struct Options {
  // How elements are chosen.
  Method method = Method::kUniform;
  // "first", "last", "mid", "uniform", or teacher blocks by number: "0,2,4",
  // for a ConvNeXt one list a stage: "0,1/0,1/0,2,4,5,6,8/0,1".
  std::string layers = "first";
  Heads heads = Heads::kFlat;
  Head head = Head::kFresh;
  PatchResize patch_resize = PatchResize::kPinv;
  // Components by name ("attn") or tensors by pattern ("blocks.3.*") that are
  // initialised afresh, as timm would.
  std::vector<std::string> skip;
  // The rule of the paper's code to the bit: a fused qkv is one dimension,
  // fp32 linspace, and no tensor whose name has "head" in it is written.
  bool official = false;
  // Of random methods and of what is fresh.
  uint64_t seed = 0;

  bool operator==(const Options&) const = default;
};

}  // namespace wsel::select
