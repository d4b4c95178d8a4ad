#include "wsel/distributed/run_as_rank.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <system_error>

#include "failures.h"
#include "meet.h"
#include "watch.h"
#include "wsel/core/out_of_memory.h"

namespace wsel::distributed {
namespace {

c10::intrusive_ptr<c10d::Store> OpenNewStore(const World& world,
                                             const JoinOptions& options) {
  auto store = OpenStore(world, options);
  RequireNewFile(*store, world, options.folder);
  return store;
}

// A rank with its process group, from the meeting to the end.
class Rank {
 public:
  Rank(const World& world, const JoinOptions& options)
      : world_(world),
        options_(options),
        failures_(OpenNewStore(world, options), world) {}

  void Run(const std::function<void(ProcessGroup*)>& body) {
    try {
      Join();
      body(&*group_);
      // Nobody leaves while another one may still need it.
      group_->Barrier();
    } catch (const RankLost& e) {
      End(failures_.FindLost(e.what(), names_));
    } catch (const c10::OutOfMemoryError& e) {
      End(failures_.Report(ReportOf(OutOfMemory(e.what_without_backtrace()))));
    } catch (const c10::Error& e) {
      End(failures_.Report(
          ReportOf(std::runtime_error(e.what_without_backtrace()))));
    } catch (const std::exception& e) {
      End(failures_.Report(ReportOf(e)));
    }
  }

 private:
  void Join() {
    // Rank 0 holds the store already.
    World connecting = world_;
    connecting.serves = false;
    group_.emplace(connecting, options_);
    for (int rank = 0; rank < world_.size; ++rank) {
      names_.push_back(group_->NameOf(rank));
    }
    watch_.emplace(failures_, world_.rank, names_);
  }

  [[noreturn]] void End(const Failure& failure) {
    watch_.reset();
    failures_.Linger(failure);
    if (failure.mine) RemoveMeetingFile();
    ExitWith(failure, world_.rank,
             names_.empty() ? fmt::format("rank {}", world_.rank)
                            : names_[static_cast<size_t>(world_.rank)]);
  }

  // Ranks that end without a failure remove it themselves, which is c10d's
  // part. The next launch may have the same name.
  void RemoveMeetingFile() const {
    if (!world_.host.empty() || options_.folder.empty()) return;
    std::error_code ignored;
    std::filesystem::remove(MeetingFile(world_, options_.folder), ignored);
  }

  World world_;
  JoinOptions options_;
  Failures failures_;
  std::vector<std::string> names_;
  std::optional<ProcessGroup> group_;
  std::optional<Watch> watch_;
};

}  // namespace

void RunAsRank(const JoinOptions& options,
               const std::function<void(ProcessGroup*)>& body) {
  const auto world = FindWorld(ProcessEnvironment);
  if (!world) return body(nullptr);
  Rank(*world, options).Run(body);
}

}  // namespace wsel::distributed
