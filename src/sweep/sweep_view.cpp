#include "sweep_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "wsel/core/error.h"
#include "wsel/core/file_lock.h"
#include "wsel/core/progress.h"
#include "wsel/run/file_names.h"
#include "wsel/run/run_progress.h"
#include "wsel/sweep/run_sweep.h"

namespace wsel::sweep {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

std::string Line(const SweepFolder& folder, const std::string& run,
                 const run::RunRecord& record) {
  return StatusLine(run, record, run::ReadProgress(folder.run(run)));
}

using Counts = std::map<run::RunState, size_t>;

std::string CountsLine(Counts counts, size_t runs) {
  using run::RunState;
  const size_t started = counts[RunState::kFinished] +
                         counts[RunState::kFailed] + counts[RunState::kRunning];
  return fmt::format("{} runs: {} finished, {} running, {} failed, {} waiting",
                     runs, counts[RunState::kFinished],
                     counts[RunState::kRunning], counts[RunState::kFailed],
                     std::max(runs, started) - started);
}

}  // namespace

SweepView::SweepView(const SweepFolder& folder, size_t runs)
    : folder_(folder),
      runs_(runs),
      redraws_(StderrRedraws()),
      last_(Clock::now()) {}

void SweepView::Changed(const std::string& run, const run::RunRecord& record) {
  seen_[run] = record;
  if (redraws_ && record.state != run::RunState::kFailed) {
    Draw();
    return;
  }
  Clear();
  fmt::print(stderr, "{}\n", Line(folder_, run, record));
}

void SweepView::Refresh() {
  const auto now = Clock::now();
  if (now - last_ < (redraws_ ? seconds(1) : seconds(30))) return;
  last_ = now;
  Draw();
}

void SweepView::Draw() {
  Clear();
  Counts counts;
  for (const auto& [run, record] : seen_) {
    ++counts[record.state];
    if (record.state != run::RunState::kRunning) continue;
    const std::string line = Line(folder_, run, record);
    fmt::print(stderr, "{}\n",
               redraws_ ? line.substr(0, static_cast<size_t>(StderrWidth()) - 1)
                        : line);
    ++drawn_;
  }
  if (!redraws_) {
    drawn_ = 0;
    return;
  }
  fmt::print(stderr, "{}\n", CountsLine(counts, runs_));
  ++drawn_;
}

void SweepView::Clear() {
  if (drawn_ == 0) return;
  // Moves up to the first line drawn, and erases from there.
  fmt::print(stderr, "\x1b[{}A\x1b[J", drawn_);
  drawn_ = 0;
}

void PrintStatus(const std::string& path, const session::Print& print) {
  const SweepFolder folder(path);
  if (!std::filesystem::exists(folder.root() / run::kSweepFile)) {
    throw Error(ErrorKind::kIo, path, "is not a sweep's folder");
  }
  Counts counts;
  const auto runs = folder.Runs();
  for (const std::string& run : runs) {
    auto record = folder.Read(run);
    if (!record) continue;
    // A free lock: the run was killed, and the sweep's command will resume it.
    const bool running = record->state == run::RunState::kRunning;
    if (running && FileLock(folder.lock(run), /*wait=*/false).held()) {
      record->state = run::RunState::kWaiting;
    }
    ++counts[record->state];
    print(Line(folder, run, *record) + "\n");
  }
  print(CountsLine(counts, runs.size()) + "\n");
}

}  // namespace wsel::sweep
