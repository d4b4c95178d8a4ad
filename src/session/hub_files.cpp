#include "hub_files.h"

#include <nlohmann/json.hpp>

#include "wsel/core/error.h"
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

Json Sides(const HeightWidth& size) {
  return {{"height", size.height}, {"width", size.width}};
}

[[noreturn]] void ThrowCovers(const pretrained::Facts& facts) {
  throw Error(ErrorKind::kMismatch, NameOf(facts.model),
              "has images of {} px that are resized to cover them and then "
              "cropped, which no image processor of Hugging Face does: train "
              "with evaluation.crop_mode squash, which resizes them to that "
              "aspect ratio, or write timm's names",
              ImageSize(facts.model));
}

// What resizes and crops as evaluation here does. The processor of ConvNeXt
// crops the middle below 384 px, and resizes the whole image from there on;
// CLIP's can do the rest.
Json ResizingProcessor(const pretrained::Facts& facts) {
  const HeightWidth size = ImageSize(facts.model);
  const double crop = facts.crop_pct.value;
  const int number = PillowNumber(facts.interpolation.value);
  const image::EvalResize resizing = facts.Resizing();
  const bool covers = resizing == image::EvalResize::kShortSide;
  const bool whole = resizing == image::EvalResize::kWhole;
  if (size.IsSquare() && (whole || (covers && size.height < 384))) {
    return {{"image_processor_type", "ConvNextImageProcessor"},
            {"do_resize", true},
            {"size", {{"shortest_edge", size.height}}},
            {"crop_pct", crop},
            {"resample", number}};
  }
  const HeightWidth scaled = whole ? size : image::SizeBeforeCrop(size, crop);
  if (covers && !scaled.IsSquare()) ThrowCovers(facts);
  Json json = {{"image_processor_type", "CLIPImageProcessor"},
               {"do_resize", resizing != image::EvalResize::kNone},
               {"do_center_crop", true},
               {"crop_size", Sides(size)}};
  if (resizing == image::EvalResize::kNone) return json;
  json["size"] =
      covers ? Json{{"shortest_edge", scaled.height}} : Sides(scaled);
  json["resample"] = number;
  return json;
}

void AddMeanStd(const pretrained::Facts& facts, const char* mean,
                const char* std, Json& json) {
  const auto& known = facts.mean_std;
  json[mean] = pretrained::PerChannel(known.mean.value, known.in_chans);
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
  const HeightWidth size = ImageSize(facts.model);
  const int64_t in_chans = InChans(facts.model);
  const image::EvalResize resizing = facts.Resizing();
  const bool squash = resizing == image::EvalResize::kWhole ||
                      resizing == image::EvalResize::kSquash;
  Json json = {{"input_size", {in_chans, size.height, size.width}},
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
