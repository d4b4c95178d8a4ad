#include "generic_mapping.h"

namespace wsel::select {

void CheckGenericOptions(const Options& options) {
  if (!options.official) return;
  throw Error(ErrorKind::kUsage, "official",
              "the official rule is only for ViT and ConvNeXt; leave it out");
}

model::Init InitByShape(const TensorSpec& spec) {
  if (spec.name.ends_with("bias") || spec.name.ends_with("running_mean")) {
    return {};
  }
  if (spec.shape.size() <= 1) return {.value = 1};
  return {.kind = model::InitKind::kTruncNormal, .value = 0.02, .bound = 0.04};
}

std::vector<Unused> UnusedIfSkipped(const std::vector<MappedTensor>& tensors) {
  std::vector<Unused> skipped;
  for (const MappedTensor& tensor : tensors) {
    const auto* teacher = std::get_if<TensorSpec>(&tensor.source);
    if (teacher != nullptr) skipped.push_back({teacher->name, "skipped"});
  }
  return skipped;
}

}  // namespace wsel::select
