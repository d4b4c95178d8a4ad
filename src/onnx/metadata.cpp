#include "wsel/onnx/metadata.h"

#include <nlohmann/json.hpp>

#include "wsel/core/dump_json.h"
#include "wsel/image/channels.h"
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
  auto metadata = ProvenanceOf(checkpoint, facts, command);
  const pretrained::ChannelFact& mean = facts.mean_std.mean;
  const pretrained::ChannelFact& std = facts.mean_std.std;
  metadata["img_size"] = Json(ImageSize(facts.model)).dump();
  const int64_t in_chans = InChans(facts.model);
  metadata["mean"] = Json(pretrained::PerChannel(mean.value, in_chans)).dump();
  metadata["std"] = Json(pretrained::PerChannel(std.value, in_chans)).dump();
  if (image::IsRgbOrGrey(in_chans)) {
    metadata["color"] = in_chans == 1 ? "L" : "RGB";  // Pillow's modes
  }
  const image::EvalResize resizing = facts.Resizing();
  const bool crops = HasCrop(resizing);
  metadata["crop_pct"] = Json(crops ? facts.crop_pct.value : 1.0).dump();
  metadata["crop_mode"] = CropModeOf(resizing);
  metadata["interpolation"] =
      image::Interpolations().NameOf(facts.interpolation.value);
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
  if (!classes.descriptions.empty()) {
    metadata["class_descriptions"] = DumpJson(classes.descriptions);
  }
  return metadata;
}

}  // namespace wsel::onnx
