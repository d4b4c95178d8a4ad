#include "wsel/pretrained/load_report.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <map>
#include <unordered_set>

#include "wsel/core/error.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::pretrained {
namespace {

void LogReasons(const std::map<std::string, size_t>& counts,
                std::string_view what) {
  for (const auto& [reason, count] : counts) {
    spdlog::info("{} {} tensor{}: {}", what, count, count == 1 ? "" : "s",
                 reason);
  }
}

}  // namespace

void LogLoadReport(const PretrainedCheckpoint& checkpoint) {
  const naming::RemappedStateDict& remapped = checkpoint.remapped;
  if (!remapped.prefix.empty()) {
    spdlog::info("using the weights under '{}'", remapped.prefix);
  }
  std::map<std::string, size_t> ignored;
  for (const naming::UnusedKey& key : remapped.ignored) ++ignored[key.reason];
  LogReasons(ignored, "ignored");
  std::map<std::string, size_t> unsupported;
  for (const checkpoint::UnsupportedTensor& tensor :
       checkpoint.file->unsupported()) {
    ++unsupported[tensor.reason];
  }
  LogReasons(unsupported, "could not read");
  for (const std::string& warning : remapped.warnings) {
    spdlog::info("assumed: {}", warning);
  }
  if (!checkpoint.model) return;
  for (const std::string& assumption : checkpoint.model->assumptions) {
    spdlog::info("assumed: {}", assumption);
  }
}

void RequireNoUnexpectedKeys(const PretrainedCheckpoint& checkpoint,
                             const model::Config& config) {
  std::unordered_set<std::string> names;
  for (const auto& tensor : ParameterSpecs(config))
    names.insert(tensor.spec.name);
  for (const TensorSpec& spec : checkpoint.remapped.tensors->Specs()) {
    if (names.contains(spec.name)) continue;
    throw Error(
        ErrorKind::kMismatch,
        fmt::format("{}: {}", checkpoint.file->path().string(), spec.name),
        fmt::format("unexpected key: {} has no such tensor; wsel "
                    "inspect shows the file's model",
                    NameOf(config)));
  }
}

}  // namespace wsel::pretrained
