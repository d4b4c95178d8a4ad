#include "wsel/cli/weights.h"

#include "wsel/core/error.h"
#include "wsel/model/config_json.h"

namespace wsel::cli {

Weights OpenWeights(const std::string& path) {
  Weights weights;
  weights.file = checkpoint::Open(path);
  weights.adapted = naming::Adapt(*weights.file);
  const auto& metadata = weights.file->metadata();
  const auto own = metadata.find(kModelKey);
  if (own != metadata.end()) {
    weights.model.emplace();
    weights.model->config = model::ConfigFromJson(
        own->second, path + ": " + kModelKey, ErrorKind::kFormat);
    return weights;
  }
  try {
    weights.model = model::Detect(*weights.adapted.tensors);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kMismatch) throw;
    weights.refusal = e.what();
  }
  return weights;
}

const model::Detection& RequireModel(const Weights& weights) {
  if (weights.model) return *weights.model;
  throw Error(ErrorKind::kMismatch, weights.file->path().string(),
              weights.refusal.empty()
                  ? "holds no ViT or ConvNeXt under timm's names; wsel inspect "
                    "lists what it holds"
                  : weights.refusal);
}

}  // namespace wsel::cli
