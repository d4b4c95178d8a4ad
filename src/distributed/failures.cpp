#include "failures.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <thread>

#include "meet.h"
#include "store_text.h"

namespace wsel::distributed {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kFailure = "failure";  // "<exit code> <text>"
constexpr const char* kClaims = "claims";    // by ranks that have a failure
// Ranks that know of it, or have ended without.
constexpr const char* kInformed = "informed";
constexpr milliseconds kPoll{100};
constexpr seconds kForRankZero{2};
constexpr seconds kLinger{10};
// In which a rank that lives gives a sign of it.
constexpr seconds kUntilBeat = 4 * kBeatInterval;

std::string BeatKey(int rank) { return "beat/" + std::to_string(rank); }

ExitReport ParseFailure(const std::string& text) {
  const size_t space = std::min(text.find(' '), text.size());
  int code = ExitCodeOf(ErrorKind::kIo);
  std::from_chars(text.data(), text.data() + space, code);
  return {code, text.substr(std::min(space + 1, text.size()))};
}

}  // namespace

std::optional<Failure> Failures::Known() {
  if (!store_->check({kFailure})) return std::nullopt;
  return Failure{ParseFailure(Get(*store_, kFailure)), mine_};
}

std::optional<Failure> Failures::WaitForKnown(seconds time) {
  const auto end = Clock::now() + time;
  do {
    if (auto known = Known()) return known;
    std::this_thread::sleep_for(kPoll);
  } while (Clock::now() < end);
  return std::nullopt;
}

Failure Failures::Report(const ExitReport& report) try {
  auto known = world_.rank == 0 ? Known() : WaitForKnown(kForRankZero);
  if (!known && store_->add(kClaims, 1) == 1) {
    mine_ = true;
    Put(*store_, kFailure, fmt::format("{} {}", report.code, report.text));
    known = Failure{report, /*mine=*/true};
  }
  store_->add(kInformed, 1);
  return known ? *known : Failure{ParseFailure(Get(*store_, kFailure)), mine_};
} catch (const std::exception&) {
  return {report, /*mine=*/true};
}

Failure Failures::FindLost(const std::string& what,
                           const std::vector<std::string>& names) {
  std::string text = "the ranks lost contact: " + what;
  int64_t lost = 0;
  try {
    const auto before = Beats();
    if (WaitForKnown(kUntilBeat)) return Report({});  // that of another rank
    const auto after = Beats();
    for (size_t rank = 0; rank < names.size(); ++rank) {
      const bool self = static_cast<int>(rank) == world_.rank;
      const bool silent = !after[rank].empty() && after[rank] == before[rank];
      if (self || !silent) continue;
      if (lost++ == 0) text = LostText(names[rank]);
    }
  } catch (const std::exception&) {
    if (HasServer()) text = LostText(names[0]);
  }
  Failure failure = Report({ExitCodeOf(ErrorKind::kIo), text});
  // Only one rank counts them.
  if (failure.mine) CountAsInformed(lost);
  return failure;
}

void Failures::CountAsInformed(int64_t ranks) {
  try {
    store_->add(kInformed, ranks);
  } catch (const std::exception&) {
    // The store has ended, and nobody waits any more.
  }
}

void Failures::Beat(int64_t count) {
  Put(*store_, BeatKey(world_.rank), std::to_string(count));
}

std::string Failures::BeatOf(int rank) {
  const std::string key = BeatKey(rank);
  return store_->check({key}) ? Get(*store_, key) : "";
}

std::vector<std::string> Failures::Beats() {
  std::vector<std::string> beats;
  for (int rank = 0; rank < world_.size; ++rank) beats.push_back(BeatOf(rank));
  return beats;
}

void Failures::Linger(const Failure& failure) {
  if (!(HasServer() ? world_.serves : failure.mine)) return;
  const auto end = Clock::now() + kLinger;
  try {
    int64_t present = 0;
    for (int rank = 0; rank < world_.size; ++rank) {
      present += HasCome(*store_, rank) ? 1 : 0;
    }
    while (store_->add(kInformed, 0) < present && Clock::now() < end) {
      std::this_thread::sleep_for(kPoll);
    }
  } catch (const std::exception&) {
    // The store has ended already.
  }
}

std::string LostText(const std::string& name) {
  return name +
         " has ended without reporting an error: it was killed, ran out of "
         "memory, or its machine is gone; a run can be resumed from its "
         "last saved state";
}

}  // namespace wsel::distributed
