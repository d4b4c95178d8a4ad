#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "commands.h"
#include "options.h"
#include "wsel/core/dump_json.h"
#include "wsel/naming/export.h"
#include "wsel/pretrained/checkpoint_request.h"
#include "wsel/session/conversion.h"

namespace wsel::cli {
namespace {

struct ConvertArgs {
  std::string input;
  std::string output;
  naming::CopyChoice copy;
  int64_t num_heads = 0;
  session::ConversionOptions options;
  bool json = false;
};

constexpr std::array<Registered<DType>, 4> kDTypes = {{
    {DType::kF32, "float32", "IEEE, 24 bits of precision"},
    {DType::kF16, "float16", "IEEE, 11 bits, up to 65504"},
    {DType::kBF16, "bfloat16", "8 bits, float32's range"},
    {DType::kF64, "float64", "IEEE, 53 bits"},
}};
constexpr Registry<DType> kDTypeNames("dtype", kDTypes);

// Open, rename, cast, write.
void RunConvert(const ConvertArgs& args, const Invocation& invocation) {
  session::CheckConversion(args.input, args.output, args.options);
  const auto checkpoint = pretrained::Open(pretrained::CheckpointRequest{
      args.input, args.copy, args.num_heads, {.model = args.options.model}});
  const session::Conversion conversion(checkpoint, args.options);
  conversion.CheckOutput(args.output);
  LogLoadReport(checkpoint, args.options.model.has_value());
  conversion.Write(args.output, invocation.command);
  const std::string& model = NameOf(conversion.model());
  const naming::RemappedStateDict& from = checkpoint.remapped;
  const auto naming = naming::Namings().NameOf(args.options.naming);
  if (args.json) {
    fmt::print("{}\n",
               DumpJson({{"output", args.output},
                         {"size", std::filesystem::file_size(args.output)},
                         {"from", from.source},
                         {"naming", naming},
                         {"tensors", conversion.num_tensors()},
                         {"ignored", from.ignored.size()},
                         {"model", model}}));
    return;
  }
  fmt::print("{}: {} tensors of {}, names converted from {} to {}\n",
             args.output, conversion.num_tensors(), model, from.source, naming);
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
  AddChoice(*c, "--dtype", args->options.dtype, kDTypeNames,
            "Data type to cast to: " + kDTypeNames.Choices())
      ->default_str("no cast");
  AddJson(*c, args->json);
  c->callback([args, &invocation] { RunConvert(*args, invocation); });
}

}  // namespace wsel::cli
