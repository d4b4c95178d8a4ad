#include "hub_files.h"

#include <nlohmann/json.hpp>

#include "wsel/image/eval_resize.h"
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

// What resizes and crops as evaluation here does. The processor of ConvNeXt
// crops the middle below 384 px, and resizes the whole image from there on;
// CLIP's can do the rest.
Json ResizingProcessor(const pretrained::Facts& facts) {
  const int64_t size = ImageSize(facts.model);
  const double crop = facts.crop_pct.value;
  const int number = PillowNumber(facts.interpolation.value);
  const image::EvalResize resizing = facts.Resizing();
  if (resizing == image::EvalResize::kWhole ||
      (resizing == image::EvalResize::kShortSide && size < 384)) {
    return {{"image_processor_type", "ConvNextImageProcessor"},
            {"do_resize", true},
            {"size", {{"shortest_edge", size}}},
            {"crop_pct", crop},
            {"resample", number}};
  }
  Json json = {{"image_processor_type", "CLIPImageProcessor"},
               {"do_resize", resizing != image::EvalResize::kNone},
               {"do_center_crop", true},
               {"crop_size", {{"height", size}, {"width", size}}}};
  if (resizing == image::EvalResize::kNone) return json;
  const auto side = static_cast<int64_t>(static_cast<double>(size) / crop);
  json["size"] = resizing == image::EvalResize::kSquash
                     ? Json{{"height", side}, {"width", side}}
                     : Json{{"shortest_edge", side}};
  json["resample"] = number;
  return json;
}

// Nothing if they are unknown.
void AddMeanStd(const pretrained::Facts& facts, const char* mean,
                const char* std, Json& json) {
  const auto& known = facts.mean_std;
  const auto means = pretrained::PerChannel(known.mean.value, known.in_chans);
  if (means.empty()) return;
  json[mean] = means;
  json[std] = pretrained::PerChannel(known.std.value, known.in_chans);
}

std::string PreprocessorConfig(const pretrained::Facts& facts) {
  Json json = ResizingProcessor(facts);
  json["do_rescale"] = true;
  json["rescale_factor"] = 1.0 / 255;
  json["do_normalize"] = true;
  AddMeanStd(facts, "image_mean", "image_std", json);
  return json.dump(2) + "\n";
}

// What timm's pretrained_cfg says of images. It always resizes: those that
// evaluation here does not to the size itself, as most of them have it.
Json TimmImages(const pretrained::Facts& facts) {
  const int64_t size = ImageSize(facts.model);
  const int64_t in_chans = InChans(facts.model);
  const image::EvalResize resizing = facts.Resizing();
  const bool squash = resizing == image::EvalResize::kWhole ||
                      resizing == image::EvalResize::kSquash;
  Json json = {{"input_size", {in_chans, size, size}},
               {"interpolation",
                image::Interpolations().NameOf(facts.interpolation.value)},
               {"crop_pct", HasCrop(resizing) ? facts.crop_pct.value : 1.0},
               {"crop_mode", squash ? "squash" : "center"}};
  AddMeanStd(facts, "mean", "std", json);
  return json;
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
