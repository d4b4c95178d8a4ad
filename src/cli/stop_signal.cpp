#include "wsel/cli/stop_signal.h"

#include <csignal>

namespace wsel::cli {
namespace {

volatile std::sig_atomic_t last_signal = 0;

void Remember(int signal) {
  // The next one has its default effect.
  std::signal(signal, SIG_DFL);
  last_signal = signal;
}

}  // namespace

StopSignal::StopSignal() {
  std::signal(SIGINT, Remember);
  std::signal(SIGTERM, Remember);
}

StopSignal::~StopSignal() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

int LastStopSignal() { return last_signal; }

}  // namespace wsel::cli
