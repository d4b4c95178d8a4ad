// Torch-free.
#pragma once

namespace wsel::cli {

// During its lifetime SIGINT and SIGTERM are recorded instead of ending the
// program; a second one ends it immediately.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
};

// The last signal recorded, 0 if none.
int LastStopSignal();

}  // namespace wsel::cli
