#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "predict_args.h"
#include "torch_commands.h"
#include "wsel/core/dump_json.h"
#include "wsel/core/escape_text.h"
#include "wsel/core/progress.h"
#include "wsel/session/log.h"
#include "wsel/session/prediction.h"
#include "wsel/train/device.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;

void PrintJson(const session::PredictedImage& image) {
  Json classes = Json::array();
  for (const session::PredictedClass& found : image.classes) {
    const Json name = found.name.empty() ? Json(nullptr) : Json(found.name);
    classes.push_back({{"index", found.index},
                       {"class", name},
                       {"probability", found.probability}});
    if (found.description.empty()) continue;
    classes.back()["description"] = found.description;
  }
  fmt::print("{}\n", DumpJson({{"file", EscapeInvalidUtf8(image.file)},
                               {"classes", classes}}));
}

void PrintText(const session::PredictedImage& image) {
  fmt::print("{}\n", image.file);
  if (image.classes.empty()) fmt::print("  none\n");
  for (const session::PredictedClass& found : image.classes) {
    std::string name =
        found.name.empty() ? fmt::format("class {}", found.index) : found.name;
    if (!found.description.empty()) name += " (" + found.description + ")";
    fmt::print("  {:6.2f} %  {}\n", 100 * found.probability, EscapeText(name));
  }
}

}  // namespace

// Open, classify, print.
void RunPredict(const PredictArgs& args) {
  session::Prediction prediction(args.request, train::FindDevice(args.device));
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

}  // namespace wsel::cli
