// What ranks cost on this machine's CPU, as two tables:
//
//     wsel-ranks-bench [MODEL SIZE PATCH BATCH STEPS ROUNDS]
//
// - Images a second of training steps: one rank with all cores, and two with
//   half of them each, in turn. By default ViT-T at 224 px, 32 images a step.
// - An all-reduce between two ranks by Gloo, from 1 KiB to 256 MiB.
//
// The ranks are processes of this program, as those of `wsel train --ranks`.
// The first one writes its result to a file, which is its last argument.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <sstream>

#include "timed_step.h"
#include "wsel/cli/app.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/core/scratch_folder.h"
#include "wsel/core/signals.h"
#include "wsel/core/text_file.h"
#include "wsel/distributed/own_ranks.h"
#include "wsel/distributed/run_as_rank.h"
#include "wsel/session/training_environment.h"

namespace wsel::bench {
namespace {

using Args = std::vector<std::string>;
using distributed::ProcessGroup;

constexpr int kRanks = 2;
constexpr int64_t kMaxBytes = int64_t{256} << 20;

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// In a rank: "step MODEL SIZE PATCH BATCH STEPS THREADS FILE"; BATCH images are
// those of all ranks. Writes the best and the median images a second.
void RunSteps(const Args& args, ProcessGroup& group) {
  session::PrepareToCompute();
  at::set_num_threads(std::atoi(args[6].c_str()));
  const int64_t batch = std::atoll(args[4].c_str());
  StepSetting setting;
  setting.config = ConfigOf(args[1], std::atoll(args[2].c_str()),
                            std::atoll(args[3].c_str()));
  setting.batch = batch / group.size();
  setting.steps = std::atoi(args[5].c_str());
  const auto seconds = TimeSteps(setting, group.size() > 1 ? &group : nullptr);
  if (!group.IsFirst()) return;
  const auto images = static_cast<double>(batch);
  WriteTextFile(args.back(), fmt::format("{} {}\n", images / seconds.front(),
                                         images / Median(seconds)));
}

// In a rank: "all-reduce FILE". Writes lines of bytes and the median seconds.
void RunAllReduce(const Args& args, ProcessGroup& group) {
  constexpr int kWarmUp = 2;
  at::set_num_threads(1);
  std::string lines;
  for (int64_t bytes = 1024; bytes <= kMaxBytes; bytes *= 4) {
    const at::Tensor tensor = at::zeros({bytes / 4});
    const auto repeats = std::clamp<int64_t>(kMaxBytes / 4 / bytes, 5, 200);
    std::vector<double> seconds;
    for (int64_t i = 0; i < repeats + kWarmUp; ++i) {
      group.Barrier();
      const auto start = std::chrono::steady_clock::now();
      group.Sum(tensor);
      const std::chrono::duration<double> taken =
          std::chrono::steady_clock::now() - start;
      if (i >= kWarmUp) seconds.push_back(taken.count());
    }
    lines += fmt::format("{} {}\n", bytes, Median(seconds));
  }
  if (group.IsFirst()) WriteTextFile(args.back(), lines);
}

// What the first of `ranks` ranks with these arguments writes.
std::string ResultOf(int ranks, const Args& own) {
  const ScratchFolder folder;
  Args args = {"wsel-ranks-bench"};
  args.insert(args.end(), own.begin(), own.end());
  args.push_back((folder / "result").string());
  std::vector<const char*> argv;
  for (const std::string& arg : args) argv.push_back(arg.c_str());
  argv.push_back(nullptr);
  const int code = distributed::RunOwnRanks(ranks, argv.data());
  if (code != 0) {
    throw Error(ErrorKind::kIo, args[1], "ended with exit code {}", code);
  }
  return ReadText(args.back());
}

// Images a second of the same steps with some ranks and threads.
struct Throughput {
  int ranks;
  int threads;
  std::vector<double> best = {};  // of each round
  std::vector<double> median = {};
};

void Measure(const Args& step, Throughput& row) {
  Args args = {"step"};
  args.insert(args.end(), step.begin(), step.end());
  args.push_back(std::to_string(row.threads));
  std::istringstream result(ResultOf(row.ranks, args));
  double best = 0;
  double median = 0;
  result >> best >> median;
  row.best.push_back(best);
  row.median.push_back(median);
}

// `step`: MODEL SIZE PATCH BATCH STEPS.
void PrintThroughput(const Args& step, int rounds) {
  const int cores = distributed::ProcessorsPerRank(1);
  Throughput one{.ranks = 1, .threads = cores};
  Throughput two{.ranks = kRanks, .threads = std::max(1, cores / kRanks)};
  for (int round = 0; round < rounds; ++round) {
    Measure(step, one);
    Measure(step, two);
  }
  fmt::print("| {}, batch {} | images/s, best (median) |\n|---|---|\n", step[0],
             step[3]);
  for (const Throughput* row : {&one, &two}) {
    fmt::print("| ranks x threads: {} x {} | {:.1f} ({:.1f}) |\n", row->ranks,
               row->threads, std::ranges::max(row->best), Median(row->median));
  }
  fmt::print("| {} ranks / 1 rank, by best | {:.3f} |\n\n", kRanks,
             std::ranges::max(two.best) / std::ranges::max(one.best));
}

// The bandwidth is nccl-tests' "bus bandwidth": what a ring's links would
// carry.
void PrintAllReduce() {
  std::istringstream result(ResultOf(kRanks, {"all-reduce"}));
  fmt::print("| KiB | ms | bus bandwidth, GB/s |\n|---|---|---|\n");
  int64_t bytes = 0;
  double seconds = 0;
  while (result >> bytes >> seconds) {
    const double sent =
        2.0 * (kRanks - 1) / kRanks * static_cast<double>(bytes);
    fmt::print("| {} | {:.3f} | {:.2f} |\n", bytes / 1024, seconds * 1e3,
               sent / seconds / 1e9);
  }
}

void Run(Args args) {
  const bool is_rank =
      distributed::FindWorld(distributed::ProcessEnvironment).has_value();
  if (is_rank && args.size() >= 2) {
    distributed::RunAsRank({}, [&](ProcessGroup* group) {
      if (args.size() > 2) return RunSteps(args, *group);
      RunAllReduce(args, *group);
    });
    return;
  }
  if (args.empty()) args = {"vit_tiny", "224", "16", "32", "4", "3"};
  if (args.size() != 6) {
    throw Error(
        ErrorKind::kUsage, "",
        "usage: wsel-ranks-bench [MODEL SIZE PATCH BATCH STEPS ROUNDS]");
  }
  const int rounds = std::max(1, std::atoi(args.back().c_str()));
  args.pop_back();
  PrintThroughput(args, rounds);
  PrintAllReduce();
}

}  // namespace
}  // namespace wsel::bench

int main(int argc, char** argv) {
  wsel::StartSignalThread();
  return wsel::cli::ReportErrors([&] {
    wsel::bench::Run({argv + 1, argv + argc});
  });
}
