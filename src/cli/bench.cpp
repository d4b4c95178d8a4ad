#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "options.h"
#include "wsel/core/dump_json.h"
#include "wsel/session/benchmark.h"
#include "wsel/train/device.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;

struct BenchArgs {
  session::BenchRequest request;
  std::string device = "auto";
  bool json = false;
};

void PrintJson(const session::Benchmark& result) {
  Json rows = Json::array();
  for (const session::BenchRow& row : result.rows) {
    rows.push_back({{"batch_size", row.batch_size},
                    {"threads", row.threads},
                    {"passes", row.passes},
                    {"milliseconds", row.milliseconds},
                    {"images_per_second", row.images_per_second}});
  }
  fmt::print("{}\n", DumpJson({{"model", NameOf(result.model)},
                               {"device", result.device},
                               {"img_size", ImageSize(result.model)},
                               {"parameters", result.parameters},
                               {"flops", result.flops},
                               {"weight_bytes", result.weight_bytes},
                               {"peak_memory_bytes", result.peak_memory_bytes},
                               {"measurements", rows}}));
}

void PrintRow(const session::BenchRow& row) {
  fmt::print("{:>5}  {:>7}  {:>9.2f} ms  {:>10.1f}\n", row.batch_size,
             row.threads, row.milliseconds, row.images_per_second);
  std::fflush(stdout);  // each takes seconds
}

void RunBench(BenchArgs args) {
  args.request.device = train::FindDevice(args.device);
  if (!args.json) {
    fmt::print("batch  threads       latency    images/s\n");
  }
  const auto result =
      RunBenchmark(args.request, [&](const session::BenchRow& row) {
        if (!args.json) PrintRow(row);
      });
  if (args.json) return PrintJson(result);
  fmt::print(
      "{} at {} px on {}: {:.2f} M parameters ({:.1f} MB), {:.2f} GFLOPs an "
      "image, peak memory of the process {:.0f} MB\n",
      NameOf(result.model), ImageSize(result.model), result.device,
      static_cast<double>(result.parameters) * 1e-6,
      static_cast<double>(result.weight_bytes) * 1e-6,
      static_cast<double>(result.flops) * 1e-9,
      static_cast<double>(result.peak_memory_bytes) * 1e-6);
}

}  // namespace

void AddBench(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<BenchArgs>();
  session::BenchRequest& request = args->request;
  CLI::App* c = app.add_subcommand(
      "bench", "Measure latency and throughput of a checkpoint's model");
  c->add_option("CHECKPOINT", request.checkpoint,
                "Checkpoint, of any kind that wsel inspect reads")
      ->required();
  AddCopyChoice(*c, request.copy);
  AddNumHeads(*c, request.num_heads);
  AddModelName(*c, "--model", request.given.model, kModelHelp);
  c->add_option("--batch-size", request.batch_size,
                "Batch size in images that is measured besides 1")
      ->capture_default_str();
  c->add_option("--seconds", request.seconds,
                "Time of each measurement, of five passes at least")
      ->capture_default_str();
  AddDevice(*c, args->device);
  AddJson(*c, args->json);
  invocation.computing.push_back({c, nullptr});
  c->callback([args] { RunBench(*args); });
}

}  // namespace wsel::cli
