#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "commands.h"
#include "options.h"
#include "torch_commands.h"
#include "wsel/core/dump_json.h"
#include "wsel/session/export_run.h"

namespace wsel::cli {
namespace {

enum class Quantization { kInt8 };

constexpr std::array<Registered<Quantization>, 1> kQuantizations = {{
    {Quantization::kInt8, "int8", "linear layers; static, per channel"},
}};
constexpr Registry<Quantization> kQuantizationNames("quantization",
                                                    kQuantizations);

struct ExportArgs : session::ExportRequest {
  std::optional<Quantization> quantize;
  bool dry_run = false;
  bool json = false;
};

void Print(const session::Verification& result) {
  fmt::print("{}, 1 thread, {}:\n", result.runtime, result.images);
  fmt::print("{:<8}  {:>9}  {:>12}  {:>15}  {:>6}  {:>9}\n", "file", "size",
             "logit error", "top-1 agreement", "top-1", "latency");
  for (const session::VerifiedFile& file : result.files) {
    const std::string top1 =
        file.top1 ? fmt::format("{:.2f}", *file.top1) : "-";
    fmt::print(
        "{:<8}  {:>6.2f} MB  {:>12.1e}  {:>13.2f} %  {:>6}  {:>6.2f} ms\n",
        file.name, static_cast<double>(file.size) / 1e6, file.error,
        file.agreement, top1, file.milliseconds);
  }
}

void Print(const session::Calibration& calibration) {
  fmt::print("int8: the same top-1 class for {} of {} calibration images",
             calibration.agreeing, calibration.images);
  if (!calibration.float_layers.empty()) {
    fmt::print("; float32, as the inputs have outliers: {}",
               fmt::join(calibration.float_layers, ", "));
  }
  fmt::print("\n");
}

// Whether images are computed.
bool ComputesImages(const ExportArgs& args) {
  return !args.dry_run && (args.quantize || args.verify);
}

void PrintResult(const session::ExportedFile& file) {
  fmt::print("{}: {}, {}, opset {}, {:.2f} MB\n", file.output, file.model,
             file.kind, file.opset, static_cast<double>(file.size) / 1e6);
  if (file.calibration) Print(*file.calibration);
  if (file.verification) Print(*file.verification);
}

void RunExport(ExportArgs args, const Invocation& invocation) {
  args.options.int8 = args.quantize.has_value();
  CheckExportRequest(args);
  if (args.dry_run) {
    return DryRunExport(args,
                        [](std::string_view text) { fmt::print("{}", text); });
  }
  const session::ExportSteps steps{
      .prepare = [&] { invocation.Torch(); },
      .calibrate =
          [&](auto& exported, const auto& show) {
            return invocation.Torch().calibrate(exported, show);
          },
      .verify =
          [&](const auto&... of) { return invocation.Torch().verify(of...); }};
  const auto file = Export(args, steps, invocation.command);
  if (args.json) {
    fmt::print("{}\n", DumpJson(ToJson(file)));
  } else {
    PrintResult(file);
  }
}

void AddModel(CLI::App& c, ExportArgs& args) {
  c.add_option("CHECKPOINT", args.input,
               "Checkpoint with a classifier, of any kind that wsel inspect "
               "reads");
  c.add_option("OUT", args.output, "Output file, named NAME.onnx");
  pretrained::GivenFacts& given = args.options.given;
  AddCheckpointModel(c, args.copy, args.num_heads, given.model);
  AddMeanAndStd(c, given);
  AddCrop(c, given);
}

void AddGraph(CLI::App& c, ExportArgs& args) {
  AddChoice(c, "--dtype", args.options.dtype, session::ExportDTypes(),
            "Data type of weights and activations: " +
                session::ExportDTypes().Choices());
  AddChoice(c, "--quantize", args.quantize, kQuantizationNames,
            "Quantize linear layers, calibrated on images of --dataset: " +
                kQuantizationNames.Choices());
  c.add_flag("--preprocess", args.options.preprocess,
             "Normalise in the graph; its input becomes uint8 [batch, height, "
             "width, channels]");
  c.add_option("--opset", args.options.opset,
               "Version of ONNX's operators, 17 to 21")
      ->type_name("N")
      ->capture_default_str();
}

void AddImages(CLI::App& c, ExportArgs& args) {
  data::DataOptions& data = args.options.data;
  c.add_option("--dataset", data.name,
               "Data set for --quantize (training split) and --verify (test "
               "split), as listed by wsel datasets")
      ->type_name("NAME");
  c.add_option("--data-root", data.root, "Folder that holds the data set")
      ->type_name("DIR");
  AddLabels(c, data.labels, data.multi_label);
  c.add_option("--calibration-images", args.options.calibration_images,
               "Number of images to calibrate on")
      ->type_name("N")
      ->capture_default_str();
  AddClasses(c, data);
  AddWorkers(c, data.workers);
  AddSkipCorruptFlag(c, data.skip_corrupt);
}

}  // namespace

void AddExport(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<ExportArgs>();
  CLI::App* c = app.add_subcommand(
      "export", "Export a checkpoint's model as an ONNX file");
  c->option_defaults()->group("Model");
  AddModel(*c, *args);
  c->option_defaults()->group("Graph");
  AddGraph(*c, *args);
  c->option_defaults()->group("Data");
  AddImages(*c, *args);
  c->option_defaults()->group("Output");
  c->add_flag("--verify", args->verify,
              "Run the file in Python's onnxruntime before it is put in its "
              "place, and compare logits, size and latency");
  c->add_option("--python", args->verification.python,
                "Interpreter for --verify")
      ->type_name("FILE")
      ->capture_default_str();
  AddDryRun(*c, args->dry_run);
  AddJson(*c, args->json);
  invocation.computing.push_back({c, [args] { return ComputesImages(*args); }});
  c->callback([args, &invocation] { RunExport(*args, invocation); });
}

}  // namespace wsel::cli
