// A training step as wsel takes it, or its forward pass in evaluation, for
// step.sh, eval.sh and grid.sh:
//
//     wsel-step-bench MODEL SIZE PATCH BATCH STEPS [cpu|cuda fp32|bf16]
//                     [--forward] [--width W] [--seconds S]
//
// prints the best and the median images a second over the steps, after 3 steps
// of warm-up (10 on a GPU). In a world that a launcher has made each rank takes
// BATCH images, gradients are summed, and the first rank prints. --width and
// --seconds: ConfigOf and StepSetting in timed_step.h. With --lines as its only
// argument it reads lines of these arguments from standard input, and prints
// one line for each.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "timed_step.h"
#include "wsel/distributed/run_as_rank.h"

namespace wsel::bench {
namespace {

constexpr const char* kUsage =
    "usage: wsel-step-bench MODEL SIZE PATCH BATCH STEPS [cpu|cuda fp32|bf16] "
    "[--forward] [--width W] [--seconds S]\n"
    "       wsel-step-bench --lines";

struct Measurement {
  StepSetting setting;
  bool forward = false;
};

Measurement Parse(std::string line) {
  Measurement m;
  std::string model;
  std::string device = "cpu";
  std::string precision = "fp32";
  int64_t size = 0;
  int64_t patch = 0;
  int64_t width = 0;
  CLI::App app;
  app.set_help_flag();
  app.add_option("MODEL", model)->required();
  app.add_option("SIZE", size)->required();
  app.add_option("PATCH", patch)->required();
  app.add_option("BATCH", m.setting.batch)->required();
  app.add_option("STEPS", m.setting.steps)->required();
  app.add_option("DEVICE", device);
  app.add_option("PRECISION", precision);
  app.add_flag("--forward", m.forward);
  app.add_option("--width", width);
  app.add_option("--seconds", m.setting.seconds);
  app.parse(std::move(line));
  m.setting.config = ConfigOf(model, size, patch, width);
  const c10::Device named(device);
  m.setting.device = c10::Device(named.type(), named.is_cpu() ? -1 : 0);
  m.setting.precision = train::Precisions().Find(precision, "PRECISION");
  return m;
}

void Measure(const std::string& line, distributed::ProcessGroup* group) {
  const auto [setting, forward] = Parse(line);
  if (group != nullptr) group->UseDevice(setting.device);
  const auto seconds =
      forward ? TimePasses(setting) : TimeSteps(setting, group);
  if (group != nullptr && !group->IsFirst()) return;
  const int ranks = group != nullptr ? group->size() : 1;
  const auto images = static_cast<double>(setting.batch * ranks);
  fmt::print("{:.2f} {:.2f}\n", images / seconds.front(),
             images / seconds[seconds.size() / 2]);
  std::fflush(stdout);
#if defined(__GLIBC__)
  malloc_trim(0);  // the program that is compared needs memory too
#endif
}

void MeasureLines() {
  for (std::string line; std::getline(std::cin, line);) Measure(line, nullptr);
}

int Run(const std::vector<std::string>& args) {
  try {
    if (args == std::vector<std::string>{"--lines"}) {
      MeasureLines();
    } else {
      const auto line = fmt::format("{}", fmt::join(args, " "));
      distributed::RunAsRank(
          {}, [&](distributed::ProcessGroup* group) { Measure(line, group); });
    }
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "wsel-step-bench: {}\n{}\n", error.what(), kUsage);
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "wsel-step-bench: {}\n", error.what());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace wsel::bench

int main(int argc, char** argv) {
  return wsel::bench::Run({argv + 1, argv + argc});
}
