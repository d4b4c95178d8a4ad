// Torch-free.
#pragma once

namespace wsel::cli {

// While it lives, SIGINT and SIGTERM are remembered instead of ending the
// program; a second one ends it at once.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
};

// The signal that came last, 0 where none did.
int LastStopSignal();

}  // namespace wsel::cli
