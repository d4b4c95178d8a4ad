#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "options.h"
#include "wsel/core/dump_json.h"
#include "wsel/naming/export.h"
#include "wsel/session/conversion_run.h"

namespace wsel::cli {
namespace {

struct ConvertArgs : session::ConversionRequest {
  bool json = false;
};

void RunConvert(const ConvertArgs& args, const Invocation& invocation) {
  const auto file = Convert(args, invocation.command);
  if (args.json) {
    fmt::print("{}\n", DumpJson(ToJson(file)));
    return;
  }
  fmt::print("{}: {} tensors of {}, names converted from {} to {}\n",
             file.output, file.num_tensors, file.model, file.from, file.naming);
}

}  // namespace

void AddConvert(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<ConvertArgs>();
  CLI::App* c = app.add_subcommand(
      "convert", "Convert a checkpoint to another container, naming or dtype");
  c->add_option("IN", args->input,
                "Input checkpoint, of any kind that wsel inspect reads");
  c->add_option("OUT", args->output,
                "Output file: .safetensors, or .pth, .pt or .bin for "
                "torch.load(weights_only=True)");
  AddCheckpointModel(*c, args->copy, args->num_heads, args->options.model);
  AddChoice(*c, "--naming", args->options.naming, naming::Namings(),
            "Tensor names to write: " + naming::Namings().Choices() +
                "; hf also writes config.json and preprocessor_config.json "
                "beside the file");
  c->add_flag("--hub", args->options.hub,
              "With --naming timm: also write config.json beside the file, for "
              "timm.create_model('local-dir:FOLDER')");
  AddChoice(*c, "--dtype", args->options.dtype, session::CastDTypes(),
            "Data type to cast to: " + session::CastDTypes().Choices())
      ->default_str("no cast");
  AddJson(*c, args->json);
  c->callback([args, &invocation] { RunConvert(*args, invocation); });
}

}  // namespace wsel::cli
