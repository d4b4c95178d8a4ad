#include "hub_files.h"

#include <nlohmann/json.hpp>

#include "wsel/image/resample.h"
#include "wsel/model/config.h"

namespace wsel::session {
namespace {

using Json = nlohmann::ordered_json;

// Pillow's number of an interpolation.
int PillowNumber(image::Interpolation interpolation) {
  switch (interpolation) {
    case image::Interpolation::kNearest:
      return 0;
    case image::Interpolation::kBilinear:
      return 2;
    case image::Interpolation::kBicubic:
      break;
  }
  return 3;
}

// The processor of ConvNeXt resizes as evaluation here does: a crop of the
// middle below 384 px, and the whole image from there on. CLIP's can also leave
// images unresized.
std::string PreprocessorConfig(const pretrained::Facts& facts) {
  const int64_t size = ImageSize(facts.model);
  Json json;
  if (size <= image::kLargestUnresized) {
    json = {{"image_processor_type", "CLIPImageProcessor"},
            {"do_resize", false},
            {"do_center_crop", true},
            {"crop_size", {{"height", size}, {"width", size}}}};
  } else {
    json = {{"image_processor_type", "ConvNextImageProcessor"},
            {"do_resize", true},
            {"size", {{"shortest_edge", size}}},
            {"crop_pct", facts.crop_pct.value},
            {"resample", PillowNumber(facts.interpolation.value)}};
  }
  json["do_rescale"] = true;
  json["rescale_factor"] = 1.0 / 255;
  json["do_normalize"] = true;
  json["image_mean"] = facts.mean_std.mean.value;
  json["image_std"] = facts.mean_std.std.value;
  return json.dump(2) + "\n";
}

// What timm's pretrained_cfg says of images. It always resizes: small ones to
// the size itself, as most of them have it.
Json TimmImages(const pretrained::Facts& facts) {
  const int64_t size = ImageSize(facts.model);
  const bool cropped =
      size > image::kLargestUnresized && size < image::kSmallestUncropped;
  const bool whole = size >= image::kSmallestUncropped;
  return {{"input_size", {3, size, size}},
          {"interpolation",
           image::Interpolations().NameOf(facts.interpolation.value)},
          {"crop_pct", cropped ? facts.crop_pct.value : 1.0},
          {"crop_mode", whole ? "squash" : "center"},
          {"mean", facts.mean_std.mean.value},
          {"std", facts.mean_std.std.value}};
}

}  // namespace

std::map<std::string, std::string> HubFiles(
    const pretrained::Facts& facts, const std::vector<std::string>& classes,
    naming::Naming naming) {
  if (naming == naming::Naming::kHuggingFace) {
    return {{"config.json", naming::HfConfig(facts.model, classes)},
            {"preprocessor_config.json", PreprocessorConfig(facts)}};
  }
  if (naming == naming::Naming::kTimm) {
    return {{"config.json",
             naming::TimmConfig(facts.model, TimmImages(facts), classes)}};
  }
  return {};
}

}  // namespace wsel::session
