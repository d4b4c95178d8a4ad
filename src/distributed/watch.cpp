#include "watch.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace wsel::distributed {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr seconds kSilence{30};  // of a rank that has ended
constexpr seconds kGrace{20};    // for the main thread to end the process

}  // namespace

Watch::Watch(Failures& failures, int rank, std::vector<std::string> names)
    : failures_(failures),
      rank_(rank),
      names_(std::move(names)),
      beat_seen_(Clock::now()),
      thread_([this] { Run(); }) {}

Watch::~Watch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

bool Watch::Stopped(seconds time) {
  std::unique_lock lock(mutex_);
  return stop_.wait_for(lock, time, [this] { return stopping_; });
}

void Watch::Run() {
  while (!FindsFailure()) {
    if (Stopped(kBeatInterval)) return;
  }
  if (!Stopped(kGrace)) {
    ExitWith(failure_, rank_, names_[static_cast<size_t>(rank_)]);
  }
}

bool Watch::FindsFailure() {
  try {
    failures_.Beat(++beats_);
    if (const auto known = failures_.Known()) {
      failure_ = *known;
      return true;
    }
    const size_t next = (static_cast<size_t>(rank_) + 1) % names_.size();
    const std::string beat = failures_.BeatOf(static_cast<int>(next));
    if (beat != last_beat_) {
      last_beat_ = beat;
      beat_seen_ = Clock::now();
    }
    if (Clock::now() - beat_seen_ < kSilence) return false;
    failure_ =
        failures_.Report({ExitCodeOf(ErrorKind::kIo), LostText(names_[next])});
  } catch (const std::exception& e) {
    return LosesStore(e.what());
  }
  return true;
}

bool Watch::LosesStore(const std::string& what) {
  if (failures_.HasServer()) {
    failure_ = {{ExitCodeOf(ErrorKind::kIo), LostText(names_[0])},
                /*mine=*/true};
    return true;
  }
  // A file system may fail for a moment.
  if (Clock::now() - beat_seen_ < kSilence) return false;
  failure_ = {{ExitCodeOf(ErrorKind::kIo),
               "cannot use the file in which the ranks met: " + what},
              /*mine=*/true};
  return true;
}

void ExitWith(const Failure& failure, int rank, const std::string& name) {
  if (failure.mine) {
    // All may have the same error; then it is rank 0 that prints it.
    fmt::print(stderr, "wsel: {}{}\n", rank == 0 ? "" : name + ": ",
               failure.report.text);
  }
  std::fflush(nullptr);
  // Without destructors, which would wait for transfers with ranks that have
  // ended.
  std::_Exit(failure.report.code);
}

}  // namespace wsel::distributed
