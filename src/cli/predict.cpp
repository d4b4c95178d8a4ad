#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "options.h"
#include "wsel/core/dump_json.h"
#include "wsel/core/error.h"
#include "wsel/core/escape_text.h"
#include "wsel/core/progress.h"
#include "wsel/session/log.h"
#include "wsel/session/prediction.h"
#include "wsel/train/device.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;

struct PredictArgs {
  session::PredictRequest request;
  std::string device = "auto";
  bool json = false;
};

void PrintJson(const session::PredictedImage& image) {
  Json classes = Json::array();
  for (const session::PredictedClass& found : image.classes) {
    const Json name = found.name.empty() ? Json(nullptr) : Json(found.name);
    classes.push_back({{"index", found.index},
                       {"class", name},
                       {"probability", found.probability}});
  }
  fmt::print("{}\n", DumpJson({{"file", EscapeInvalidUtf8(image.file)},
                               {"classes", classes}}));
}

void PrintText(const session::PredictedImage& image) {
  fmt::print("{}\n", image.file);
  for (const session::PredictedClass& found : image.classes) {
    fmt::print(
        "  {:6.2f} %  {}\n", 100 * found.probability,
        found.name.empty() ? fmt::format("class {}", found.index) : found.name);
  }
}

void RunPredict(PredictArgs args) {
  args.request.device = train::FindDevice(args.device);
  session::Prediction prediction(args.request);
  ProgressMeter meter(ProgressOnStderr(30));
  const auto corrupt = prediction.Run(
      session::ShowOn(meter), [&](const session::PredictedImage& image) {
        meter.Clear();
        args.json ? PrintJson(image) : PrintText(image);
      });
  meter.Clear();
  if (!corrupt.empty()) {
    fmt::print(stderr, "skipped corrupt images: {}\n",
               fmt::join(corrupt, ", "));
  }
}

void AddOptions(CLI::App& c, PredictArgs& args) {
  session::PredictRequest& request = args.request;
  c.option_defaults()->group("Model");
  AddCopyChoice(c, request.copy);
  AddNumHeads(c, request.num_heads);
  AddModelName(c, "--model", request.given.model, kModelHelp);
  c.option_defaults()->group("Images");
  AddRgb(c, "--mean", request.given.mean,
         "Per-channel mean: 0.5,0.5,0.5; default: that of the checkpoint, of a "
         "file beside it or of its source, else ImageNet's");
  AddRgb(c, "--std", request.given.std,
         "Per-channel standard deviation; default: as --mean");
  c.add_option("--crop-pct", request.given.crop_pct,
               "Center crop fraction (timm's crop_pct); default: that of the "
               "checkpoint's run or of a file beside it, else 0.875")
      ->check(CLI::Range(0.01, 1.0));
  AddChoice(c, "--interpolation", request.given.interpolation,
            image::Interpolations(),
            "Interpolation: " + image::Interpolations().Choices() +
                "; default: as --crop-pct, else bicubic");
  AddResize(c, request.given.pass_order);
  c.add_flag("--exif", request.exif,
             "Turn images upright by their EXIF orientation; timm and wsel "
             "eval do not");
  AddWorkers(c, request.workers);
  AddSkipCorruptFlag(c, request.skip_corrupt);
  c.option_defaults()->group("Output");
  c.add_option("--top", request.top, "Number of classes per image")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  c.add_flag("--json", args.json, "Print one line of JSON per image");
  AddDevice(c, args.device);
}

}  // namespace

void AddPredict(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<PredictArgs>();
  CLI::App* c = app.add_subcommand(
      "predict", "Classify image files by a checkpoint's model");
  c->add_option("CHECKPOINT", args->request.checkpoint,
                "Checkpoint with a classifier, of any kind that wsel inspect "
                "reads")
      ->required();
  c->add_option("IMAGE", args->request.inputs,
                "Image files, or folders with images in them");
  AddOptions(*c, *args);
  invocation.computing.push_back({c, nullptr});
  c->callback([args] { RunPredict(*args); });
}

}  // namespace wsel::cli
