#include "wsel/distributed/own_ranks.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <vector>

#include "failures.h"
#include "wsel/core/error.h"
#include "wsel/core/signals.h"
#include "wsel/core/subprocess.h"

namespace wsel::distributed {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPoll{50};
constexpr std::chrono::seconds kUntilKill{60};  // after the first failure

c10::intrusive_ptr<c10d::TCPStore> ServeStore() {
  c10d::TCPStoreOptions options;
  options.port = 0;  // any free one
  options.isServer = true;
  options.waitWorkers = false;
  try {
    return c10::make_intrusive<c10d::TCPStore>("127.0.0.1", options);
  } catch (const std::exception& e) {
    throw Error(ErrorKind::kIo, "ranks", "cannot open a port for them: {}",
                std::string_view(e.what()).substr(0, 200));
  }
}

void Set(const char* name, const std::string& value) {
  setenv(name, value.c_str(), /*overwrite=*/1);
}

class OwnRanks {
 public:
  OwnRanks(int count, const char* const* argv)
      : store_(ServeStore()),
        failures_(c10::make_intrusive<c10d::PrefixStore>("wsel/0", store_),
                  World{.size = count}) {
    std::vector<std::string> command = {
        std::filesystem::read_symlink("/proc/self/exe").string()};
    for (++argv; *argv != nullptr; ++argv) command.emplace_back(*argv);
    SetWorld(count);
    for (int rank = 0; rank < count; ++rank) {
      Set("RANK", std::to_string(rank));
      Set("LOCAL_RANK", std::to_string(rank));
      ranks_.emplace_back(Subprocess(
          command, Streams{STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}));
    }
  }

  int Wait() {
    const StopSignal signals;
    while (Poll()) {
      PassSignalOn();
      if (failed_at_ && Clock::now() - *failed_at_ > kUntilKill) {
        SignalAll(SIGKILL);
      }
      std::this_thread::sleep_for(kPoll);
    }
    return exit_code_;
  }

 private:
  // What torchrun sets: this process holds the store, as its agent does.
  void SetWorld(int count) {
    Set("WORLD_SIZE", std::to_string(count));
    Set("LOCAL_WORLD_SIZE", std::to_string(count));
    Set("MASTER_ADDR", "127.0.0.1");
    Set("MASTER_PORT", std::to_string(store_->getPort()));
    Set("TORCHELASTIC_USE_AGENT_STORE", "True");
    unsetenv("TORCHELASTIC_RESTART_COUNT");
  }

  // Whether any rank is running.
  bool Poll() {
    bool running = false;
    for (size_t rank = 0; rank < ranks_.size(); ++rank) {
      if (!ranks_[rank]) continue;
      const auto status = ranks_[rank]->Poll();
      if (!status) {
        running = true;
        continue;
      }
      ranks_[rank].reset();
      if (status->code != 0) Fail(rank, *status);
    }
    return running;
  }

  void Fail(size_t rank, const ExitStatus& status) {
    if (failed_at_) return;
    failed_at_ = Clock::now();
    exit_code_ = status.code;
    if (status.signal == 0 || signal_ != 0) return;
    const Failure failure = failures_.Report(
        {ExitCodeOf(ErrorKind::kIo),
         LostText(fmt::format("rank {} (signal {})", rank, status.signal))});
    exit_code_ = failure.report.code;
    if (failure.mine) fmt::print(stderr, "wsel: {}\n", failure.report.text);
  }

  void PassSignalOn() {
    if (signal_ != 0 || LastStopSignal() == 0) return;
    signal_ = LastStopSignal();
    SignalAll(signal_);
  }

  void SignalAll(int signal) {
    for (const auto& rank : ranks_) {
      if (rank) rank->Signal(signal);
    }
  }

  c10::intrusive_ptr<c10d::TCPStore> store_;
  Failures failures_;
  std::vector<std::optional<Subprocess>> ranks_;  // empty: has ended
  std::optional<Clock::time_point> failed_at_;
  int exit_code_ = 0;
  int signal_ = 0;  // that was passed on
};

}  // namespace

int RunOwnRanks(int count, const char* const* argv) {
  return OwnRanks(count, argv).Wait();
}

}  // namespace wsel::distributed
