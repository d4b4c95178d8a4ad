#include "wsel/run/run_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "wsel/core/duration.h"
#include "wsel/core/output_tail.h"
#include "wsel/core/text_file.h"
#include "wsel/run/file_names.h"
#include "wsel/run/metric_log.h"

namespace wsel::run {
namespace {

using Json = nlohmann::json;

// More than the lines of one epoch, which has one per ten steps.
constexpr size_t kLines = 1000;

Json ConfigOf(const std::filesystem::path& config) {
  if (!std::filesystem::exists(config)) return {};
  return Json::parse(ReadText(config), nullptr, false);
}

int64_t IntegerOr(const Json& config, const char* pointer, int64_t fallback) {
  const Json::json_pointer at(pointer);
  const bool has = config.is_object() && config.contains(at) &&
                   config[at].is_number_integer();
  return has ? config[at].get<int64_t>() : fallback;
}

double NumberOr(const Json& row, const char* key, double fallback) {
  const auto found = row.find(key);
  return found != row.end() && found->is_number() ? found->get<double>()
                                                  : fallback;
}

}  // namespace

bool IsEvaluated(int64_t epoch, int64_t epochs, int64_t val_interval) {
  return epoch % val_interval == 0 || epoch == epochs;
}

int64_t EvaluationsAfter(int64_t epoch, int64_t epochs, int64_t val_interval) {
  if (epoch >= epochs) return 0;
  const int64_t last = epochs % val_interval == 0 ? 0 : 1;
  return epochs / val_interval - epoch / val_interval + last;
}

RunProgress ReadProgress(const std::filesystem::path& run_folder) {
  RunProgress progress;
  const Json config = ConfigOf(run_folder / kConfigFile);
  progress.epochs = IntegerOr(config, "/train/epochs", 0);
  const int64_t val_interval =
      std::max<int64_t>(1, IntegerOr(config, "/train/val_interval", 1));
  double seconds = 0;
  double evaluation = 0;
  std::istringstream lines(Tail(run_folder / kMetricsFile, kLines));
  for (std::string line; std::getline(lines, line);) {
    const Json row = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!row.is_object() || row.value(kKindKey, Json()) != kEpochKind) continue;
    progress.epoch = static_cast<int64_t>(NumberOr(row, kEpochsDoneKey, 0));
    progress.images_per_second = NumberOr(row, kImagesPerSecondKey, 0);
    seconds = NumberOr(row, kSecondsKey, 0) + NumberOr(row, kSaveSecondsKey, 0);
    evaluation = NumberOr(row, kEvalSecondsKey, evaluation);
    if (row.contains(kEvalTop1Key)) {
      progress.top1 = NumberOr(row, kEvalTop1Key, 0);
    }
    if (row.contains(kEvalMapKey)) {
      progress.map = NumberOr(row, kEvalMapKey, 0);
    }
  }
  if (seconds > 0) {
    const auto epochs = static_cast<double>(
        std::max<int64_t>(0, progress.epochs - progress.epoch));
    const auto evaluations = static_cast<double>(
        EvaluationsAfter(progress.epoch, progress.epochs, val_interval));
    progress.seconds_left = seconds * epochs + evaluation * evaluations;
  }
  return progress;
}

std::string StatusLine(const std::string& run, const RunRecord& record,
                       const RunProgress& progress) {
  std::string line =
      fmt::format("{:<9} {}", RunStates().NameOf(record.state), run);
  if (record.state == RunState::kFailed) return line + "  " + record.error;
  if (progress.epochs > 0) {
    line += fmt::format("  epoch {}/{}", progress.epoch, progress.epochs);
  }
  if (progress.map) line += fmt::format("  mAP {:.2f}", *progress.map);
  if (progress.top1) line += fmt::format("  top-1 {:.2f}", *progress.top1);
  if (record.state != RunState::kRunning) return line;
  if (progress.images_per_second > 0) {
    line += fmt::format("  {:.0f} img/s", progress.images_per_second);
  }
  if (progress.seconds_left) {
    line += fmt::format("  {} left", DurationText(*progress.seconds_left));
  }
  return line;
}

}  // namespace wsel::run
