#include "wsel/cli/account.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <map>
#include <unordered_set>

#include "wsel/core/error.h"
#include "wsel/model/layout.h"

namespace wsel::cli {
namespace {

void LogReasons(const std::map<std::string, size_t>& counts,
                std::string_view what) {
  for (const auto& [reason, count] : counts) {
    spdlog::info("{} {} tensor{}: {}", what, count, count == 1 ? "" : "s",
                 reason);
  }
}

}  // namespace

void LogAccount(const Weights& weights) {
  const naming::Adapted& adapted = weights.adapted;
  if (!adapted.prefix.empty()) {
    spdlog::info("the weights are those under '{}'", adapted.prefix);
  }
  std::map<std::string, size_t> ignored;
  for (const naming::Unused& one : adapted.ignored) ++ignored[one.reason];
  LogReasons(ignored, "left out");
  std::map<std::string, size_t> unread;
  for (const checkpoint::Unread& one : weights.file->unread()) {
    ++unread[one.reason];
  }
  LogReasons(unread, "could not read");
  for (const std::string& doubt : adapted.doubts) {
    spdlog::info("assumed: {}", doubt);
  }
  if (!weights.model) return;
  for (const std::string& assumption : weights.model->assumptions) {
    spdlog::info("assumed: {}", assumption);
  }
}

void RequireAllUsed(const Weights& weights, const model::Config& config) {
  std::unordered_set<std::string> names;
  for (const auto& tensor : Layout(config)) names.insert(tensor.spec.name);
  for (const TensorSpec& spec : weights.adapted.tensors->Specs()) {
    if (names.contains(spec.name)) continue;
    throw Error(ErrorKind::kMismatch,
                fmt::format("{}: {}", weights.file->path().string(), spec.name),
                fmt::format("is a weight that {} does not have; wsel inspect "
                            "says what model the file is of",
                            NameOf(config)));
  }
}

}  // namespace wsel::cli
