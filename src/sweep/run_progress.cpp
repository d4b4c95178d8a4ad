#include "wsel/sweep/run_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "wsel/core/error.h"
#include "wsel/core/text_file.h"
#include "wsel/sweep/tail.h"

namespace wsel::sweep {
namespace {

using Json = nlohmann::json;

// More than the lines of one epoch, which has one per ten steps.
constexpr size_t kLines = 1000;

constexpr int64_t kDays = 2 * 24 * 3600;  // longer durations are in days

int64_t EpochsOf(const std::filesystem::path& config) {
  if (!std::filesystem::exists(config)) return 0;
  const Json json = Json::parse(ReadText(config), nullptr, false);
  const Json::json_pointer epochs("/train/epochs");
  const bool has = json.is_object() && json.contains(epochs) &&
                   json[epochs].is_number_integer();
  return has ? json[epochs].get<int64_t>() : 0;
}

double NumberOr(const Json& row, const char* key, double fallback) {
  const auto found = row.find(key);
  return found != row.end() && found->is_number() ? found->get<double>()
                                                  : fallback;
}

}  // namespace

RunProgress ReadProgress(const std::filesystem::path& run_folder) {
  RunProgress progress;
  progress.epochs = EpochsOf(run_folder / "config.json");
  double seconds = 0;
  std::istringstream lines(Tail(run_folder / "metrics.jsonl", kLines));
  for (std::string line; std::getline(lines, line);) {
    const Json row = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!row.is_object() || row.value("kind", Json()) != "epoch") continue;
    progress.epoch = static_cast<int64_t>(NumberOr(row, "epoch", 0));
    progress.images_per_second = NumberOr(row, "images_per_second", 0);
    seconds = NumberOr(row, "seconds", 0);
    if (row.contains("eval_top1")) {
      progress.top1 = NumberOr(row, "eval_top1", 0);
    }
  }
  if (seconds > 0) {
    progress.seconds_left = seconds * static_cast<double>(std::max<int64_t>(
                                          0, progress.epochs - progress.epoch));
  }
  return progress;
}

std::string Duration(double seconds) {
  const auto s = static_cast<int64_t>(std::llround(seconds));
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{}:{:02}", s / 60, s % 60);
  if (s >= kDays) {
    return fmt::format("{:.1f} days", static_cast<double>(s) / (24 * 3600));
  }
  return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

std::string StatusLine(const std::string& run, const RunRecord& record,
                       const RunProgress& progress) {
  std::string line =
      fmt::format("{:<9} {}", RunStates().NameOf(record.state), run);
  if (record.state == RunState::kFailed) return line + "  " + record.error;
  if (progress.epochs > 0) {
    line += fmt::format("  epoch {}/{}", progress.epoch, progress.epochs);
  }
  if (progress.top1) line += fmt::format("  top-1 {:.2f}", *progress.top1);
  if (record.state != RunState::kRunning) return line;
  if (progress.images_per_second > 0) {
    line += fmt::format("  {:.0f} img/s", progress.images_per_second);
  }
  if (progress.seconds_left) {
    line += fmt::format("  {} left", Duration(*progress.seconds_left));
  }
  return line;
}

}  // namespace wsel::sweep
