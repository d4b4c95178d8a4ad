#include "wsel/core/signals.h"

#include <unistd.h>

#include <atomic>
#include <system_error>
#include <thread>

namespace wsel {
namespace {

sigset_t inherited_mask = [] {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return mask;
}();

std::atomic<int> last_signal = 0;
static_assert(std::atomic<int>::is_always_lock_free);

void Record(int signal) {
  // The next one has its default effect.
  std::signal(signal, SIG_DFL);
  last_signal = signal;
}

// All signals but those that the kernel raises for what a thread itself does.
sigset_t AsynchronousSignals() {
  sigset_t signals;
  sigfillset(&signals);
  for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT,
                        SIGSYS, SIGPIPE, SIGXFSZ}) {
    sigdelset(&signals, own);
  }
  return signals;
}

void TakeSignals() {
  pthread_sigmask(SIG_SETMASK, &inherited_mask, nullptr);
  while (true) pause();
}

}  // namespace

void StartSignalThread() {
  const sigset_t signals = AsynchronousSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  try {
    std::thread(TakeSignals).detach();
  } catch (const std::system_error&) {
    // Without a thread to take them they must not stay blocked.
    pthread_sigmask(SIG_SETMASK, &inherited_mask, nullptr);
  }
}

const sigset_t& InheritedSignalMask() { return inherited_mask; }

StopSignal::StopSignal() {
  std::signal(SIGINT, Record);
  std::signal(SIGTERM, Record);
}

StopSignal::~StopSignal() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

int LastStopSignal() { return last_signal; }

void AdoptStopSignal(int signal) { last_signal = signal; }

}  // namespace wsel
