#pragma once

#include <c10/util/intrusive_ptr.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <vector>

#include "wsel/core/exit_code.h"
#include "wsel/distributed/world.h"

namespace wsel::distributed {

// How often a rank gives a sign of life (watch.h).
inline constexpr std::chrono::seconds kBeatInterval{2};

// Why a command of several ranks ends, as all of them know it.
struct Failure {
  ExitReport report;
  bool mine = false;  // this rank is the one to print it
};

// The one failure of a world, in its store: the first that a rank reports.
// Thread-safe.
class Failures {
 public:
  Failures(c10::intrusive_ptr<c10d::Store> store, const World& world)
      : store_(std::move(store)), world_(world) {}

  // Whether the store is a server's: where that has ended, so has rank 0, or
  // the launcher that holds it. Else it is a file.
  bool HasServer() const { return !world_.host.empty(); }

  // Without waiting. Errors: what the store throws.
  std::optional<Failure> Known();

  // Of this rank's own error, unless another rank has reported one before.
  // Ranks give way to rank 0, which has the same error if all have it.
  Failure Report(const ExitReport& report);

  // After a transfer failed with `what`: another rank's failure, or the one
  // that has ended without any, which takes some seconds. `names` of all ranks.
  Failure FindLost(const std::string& what,
                   const std::vector<std::string>& names);

  // A sign of life of this rank, and the last one of a rank; "": none so far.
  // Errors: what the store throws.
  void Beat(int64_t count);
  std::string BeatOf(int rank);

  // Before this rank exits: if it holds the store, or is to remove the file
  // that is one, waits some seconds until the others know of the failure; not
  // for those that never came, or that FindLost found to have ended.
  void Linger(const Failure& failure);

 private:
  std::vector<std::string> Beats();
  void CountAsInformed(int64_t ranks);
  // The failure, if there is one before the time is up.
  std::optional<Failure> WaitForKnown(std::chrono::seconds time);

  c10::intrusive_ptr<c10d::Store> store_;
  World world_;
  // Whether the failure is this rank's to print, whichever thread reported it.
  std::atomic<bool> mine_ = false;
};

// The text about a rank that ended without a report.
std::string LostText(const std::string& name);

}  // namespace wsel::distributed
