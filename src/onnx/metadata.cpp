#include "wsel/onnx/metadata.h"

#include <nlohmann/json.hpp>

#include "wsel/core/dump_json.h"
#include "wsel/image/eval_resize.h"
#include "wsel/image/resample.h"
#include "wsel/pretrained/classes.h"
#include "wsel/run/metadata_keys.h"

namespace wsel::onnx {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
void NoteIfAssumed(Json& assumed, const char* key,
                   const pretrained::Fact<T>& fact) {
  if (fact.source == pretrained::FactSource::kAssumed) assumed.push_back(key);
}

// timm's crop_mode with which crop_pct does this; timm has none for images that
// are only cropped.
const char* CropModeOf(image::EvalResize resizing) {
  switch (resizing) {
    case image::EvalResize::kNone:
      return "none";
    case image::EvalResize::kShortSide:
      return "center";
    case image::EvalResize::kSquash:
    case image::EvalResize::kWhole:
      break;
  }
  return "squash";
}

}  // namespace

std::map<std::string, std::string> MetadataOf(
    const pretrained::PretrainedCheckpoint& checkpoint,
    const pretrained::Facts& facts, const std::string& command) {
  auto metadata = ProvenanceOf(checkpoint, facts.model, command);
  const auto& [mean, std] = facts.mean_std;
  metadata["img_size"] = std::to_string(ImageSize(facts.model));
  metadata["mean"] = Json(mean.value).dump();
  metadata["std"] = Json(std.value).dump();
  const image::EvalResize resizing = facts.Resizing();
  const bool crops = HasCrop(resizing);
  metadata["crop_pct"] = Json(crops ? facts.crop_pct.value : 1.0).dump();
  metadata["crop_mode"] = CropModeOf(resizing);
  metadata["interpolation"] =
      image::Interpolations().NameOf(facts.interpolation.value);
  metadata["color"] = "RGB";
  Json assumed = Json::array();
  NoteIfAssumed(assumed, "mean", mean);
  NoteIfAssumed(assumed, "std", std);
  if (crops) NoteIfAssumed(assumed, "crop_pct", facts.crop_pct);
  NoteIfAssumed(assumed, "crop_mode", facts.crop_mode);
  NoteIfAssumed(assumed, "interpolation", facts.interpolation);
  metadata["assumed"] = assumed.dump();
  if (IsMultiLabel(checkpoint)) {
    metadata["task"] = run::kMultiLabel;
    metadata["activation"] = "sigmoid";  // gives the classes' probabilities
  }
  const auto classes = ClassNamesOf(checkpoint);
  if (!classes.names.empty()) metadata["classes"] = DumpJson(classes.names);
  return metadata;
}

}  // namespace wsel::onnx
