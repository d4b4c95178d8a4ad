#include "wsel/onnx/metadata.h"

#include <nlohmann/json.hpp>

#include "wsel/core/dump_json.h"
#include "wsel/image/resample.h"

namespace wsel::onnx {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
void NoteIfAssumed(Json& assumed, const char* key,
                   const pretrained::Fact<T>& fact) {
  if (fact.source == pretrained::FactSource::kAssumed) assumed.push_back(key);
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
  metadata["crop_pct"] = Json(facts.crop_pct.value).dump();
  metadata["interpolation"] =
      image::Interpolations().NameOf(facts.interpolation.value);
  metadata["color"] = "RGB";
  Json assumed = Json::array();
  NoteIfAssumed(assumed, "mean", mean);
  NoteIfAssumed(assumed, "std", std);
  NoteIfAssumed(assumed, "crop_pct", facts.crop_pct);
  NoteIfAssumed(assumed, "interpolation", facts.interpolation);
  metadata["assumed"] = assumed.dump();
  const auto classes = ClassNamesOf(checkpoint);
  if (!classes.names.empty()) metadata["classes"] = DumpJson(classes.names);
  return metadata;
}

}  // namespace wsel::onnx
