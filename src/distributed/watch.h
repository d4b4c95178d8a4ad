#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "failures.h"

namespace wsel::distributed {

// While it lives, a thread gives signs of life for this rank every two seconds,
// and looks for those of the next rank and for failures. It ends the process
// if its main thread does not do so itself within 20 s of a failure: it may be
// in a transfer that never ends, as those of NCCL where a rank has died.
class Watch {
 public:
  // `failures` must outlive this; `names` of all ranks.
  Watch(Failures& failures, int rank, std::vector<std::string> names);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  void Run();
  // Looks once; whether there is a failure.
  bool FindsFailure();
  // The store has failed; whether for good.
  bool LosesStore(const std::string& what);
  // Whether this was stopped before the time was up.
  bool Stopped(std::chrono::seconds time);

  Failures& failures_;
  int rank_;
  std::vector<std::string> names_;
  int64_t beats_ = 0;
  std::string last_beat_;  // of the next rank
  std::chrono::steady_clock::time_point beat_seen_;
  Failure failure_;

  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread thread_;
};

// Prints a failure if it is this rank's to print, and exits at once.
[[noreturn]] void ExitWith(const Failure& failure, int rank,
                           const std::string& name);

}  // namespace wsel::distributed
