#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "bench_args.h"
#include "torch_commands.h"
#include "wsel/core/dump_json.h"
#include "wsel/session/benchmark.h"
#include "wsel/train/device.h"

namespace wsel::cli {
namespace {

using Json = nlohmann::ordered_json;

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

}  // namespace

// Measure, print.
void RunBench(const BenchArgs& args) {
  const c10::Device device = train::FindDevice(args.device);
  bool first = true;
  const auto result =
      RunBenchmark(args.request, device, [&](const session::BenchRow& row) {
        if (args.json) return;
        // Not before the request is known to be right.
        if (first) fmt::print("batch  threads       latency    images/s\n");
        first = false;
        PrintRow(row);
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

}  // namespace wsel::cli
