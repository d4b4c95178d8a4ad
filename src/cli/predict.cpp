#include <memory>

#include "commands.h"
#include "options.h"
#include "predict_args.h"
#include "torch_commands.h"

namespace wsel::cli {
namespace {

void AddOptions(CLI::App& c, PredictArgs& args) {
  session::PredictRequest& request = args.request;
  c.option_defaults()->group("Model");
  AddCheckpointModel(c, request.checkpoint);
  c.option_defaults()->group("Images");
  pretrained::GivenFacts& given = request.checkpoint.given;
  AddMeanAndStd(c, given);
  AddCrop(c, given);
  AddResize(c, given.pass_order);
  c.add_flag("--exif", request.exif,
             "Turn images upright by their EXIF orientation; timm and wsel "
             "eval do not");
  AddWorkers(c, request.workers);
  AddSkipCorruptFlag(c, request.skip_corrupt);
  c.option_defaults()->group("Output");
  c.add_option(
       "--top", request.top,
       "Number of classes per image; with --threshold at most so many of "
       "those above it")
      ->check(CLI::PositiveNumber)
      ->type_name("N")
      ->default_str("5, or all with --threshold");
  c.add_option("--threshold", request.threshold,
               "Images have several labels: print the classes with a "
               "probability, by a sigmoid, above this")
      ->check(CLI::Range(0., 1.))
      ->type_name("P")
      ->default_str(
          "0.5 for checkpoints of multi-label training, a softmax for others");
  c.add_flag("--json", args.json, "Print one line of JSON per image");
  AddDevice(c, args.device);
}

}  // namespace

void AddPredict(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<PredictArgs>();
  CLI::App* c = app.add_subcommand(
      "predict", "Classify image files by a checkpoint's model");
  c->add_option("CHECKPOINT", args->request.checkpoint.file,
                "Checkpoint with a classifier, of any kind that wsel inspect "
                "reads")
      ->required();
  c->add_option("IMAGE", args->request.inputs,
                "Image files, or folders with images in them");
  AddOptions(*c, *args);
  invocation.computing.push_back({c, nullptr});
  c->callback([args, &invocation] { invocation.Torch().predict(*args); });
}

}  // namespace wsel::cli
