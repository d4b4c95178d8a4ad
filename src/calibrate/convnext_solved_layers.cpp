#include "solved_layers.h"
#include "wsel/core/error.h"

namespace wsel::calibrate {
namespace {

using model::Component;

std::string ConvNextRegressionOf(const model::ParameterSpec& p,
                                 const model::Config&) {
  const std::string_view name = p.spec.name;
  switch (p.component) {
    case Component::kMlp:
      if (NameHas(name, ".grn.")) return "";
      return NameHas(name, ".fc2.") ? kFittedWriter : kFittedReader;
    case Component::kDownsample:
    case Component::kPreLogits:
    case Component::kHead:
      return kFittedReader;
    case Component::kLayerScale:
      return kFittedScale;
    case Component::kNorm:
      return name.starts_with("stem.") ? kFittedNorm : "";
    default:
      return "";
  }
}

void RejectProjection(const select::Plan& plan) {
  throw Error(ErrorKind::kUsage, "method",
              "projection is only for ViT: the depthwise convolutions of a {} "
              "act on channels one by one, so its stream cannot be rotated; "
              "use regression",
              ArchitectureName(std::get<model::Config>(plan.student)));
}

}  // namespace

const SolvedLayers kConvNextSolvedLayers = {
    .regression = ConvNextRegressionOf,
    .require_projection = RejectProjection,
};

}  // namespace wsel::calibrate
