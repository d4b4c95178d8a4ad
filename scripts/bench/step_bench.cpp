// A training step as wsel takes it, for scripts/bench/step.sh:
//
//     wsel-step-bench MODEL SIZE PATCH BATCH STEPS [cpu|cuda fp32|bf16]
//
// prints the best and the median images a second over the steps, after 3 steps
// of warm-up (10 on a GPU). In a world that a launcher has made each rank takes
// BATCH images, gradients are summed, and the first rank prints.

#include <fmt/format.h>

#include <cstdlib>
#include <span>

#include "timed_step.h"
#include "wsel/distributed/run_as_rank.h"

namespace wsel::bench {
namespace {

void Run(std::span<char*> arguments) {
  StepSetting setting;
  setting.config = ConfigOf(arguments[1], std::atoll(arguments[2]),
                            std::atoll(arguments[3]));
  setting.batch = std::atoll(arguments[4]);
  setting.steps = std::atoi(arguments[5]);
  if (arguments.size() > 6) {
    const c10::Device named(arguments[6]);
    setting.device = c10::Device(named.type(), named.is_cpu() ? -1 : 0);
    setting.precision = train::Precisions().Find(arguments[7], "PRECISION");
  }
  distributed::RunAsRank({}, [&](distributed::ProcessGroup* group) {
    if (group != nullptr) group->UseDevice(setting.device);
    const auto seconds = TimeSteps(setting, group);
    if (group != nullptr && !group->IsFirst()) return;
    const int ranks = group != nullptr ? group->size() : 1;
    const auto images = static_cast<double>(setting.batch * ranks);
    fmt::print("{:.2f} {:.2f}\n", images / seconds.front(),
               images / seconds[seconds.size() / 2]);
  });
}

}  // namespace
}  // namespace wsel::bench

int main(int argc, char** argv) {
  if (argc != 6 && argc != 8) {
    fmt::print(stderr,
               "usage: wsel-step-bench MODEL SIZE PATCH BATCH STEPS "
               "[cpu|cuda fp32|bf16]\n");
    return 2;
  }
  wsel::bench::Run({argv, static_cast<size_t>(argc)});
}
