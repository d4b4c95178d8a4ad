#include "wsel/distributed/run_as_rank.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <optional>

#include "failures.h"
#include "meet.h"
#include "watch.h"

namespace wsel::distributed {
namespace {

// A rank with its process group, from the meeting to the end.
class Rank {
 public:
  Rank(const World& world, const JoinOptions& options)
      : world_(world), failures_(OpenStore(world, options), world) {}

  void Run(const JoinOptions& options,
           const std::function<void(ProcessGroup*)>& body) {
    try {
      Join(options);
      body(&*group_);
      // Nobody leaves while another one may still need it.
      group_->Barrier();
    } catch (const RankLost& e) {
      End(failures_.FindLost(e.what(), names_));
    } catch (const c10::Error& e) {
      End(failures_.Report(
          ReportOf(std::runtime_error(e.what_without_backtrace()))));
    } catch (const std::exception& e) {
      End(failures_.Report(ReportOf(e)));
    }
  }

 private:
  void Join(const JoinOptions& options) {
    // Rank 0 holds the store already.
    World connecting = world_;
    connecting.serves = false;
    group_.emplace(connecting, options);
    for (int rank = 0; rank < world_.size; ++rank) {
      names_.push_back(group_->NameOf(rank));
    }
    watch_.emplace(failures_, world_.rank, names_);
  }

  [[noreturn]] void End(const Failure& failure) {
    watch_.reset();
    failures_.Linger();
    ExitWith(failure, world_.rank,
             names_.empty() ? fmt::format("rank {}", world_.rank)
                            : names_[static_cast<size_t>(world_.rank)]);
  }

  World world_;
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
  Rank(*world, options).Run(options, body);
}

}  // namespace wsel::distributed
