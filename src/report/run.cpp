#include "wsel/report/run.h"

#include <fmt/format.h>

#include <array>
#include <regex>

#include "log_lines.h"
#include "run_files.h"
#include "wsel/core/registry.h"
#include "wsel/report/escape_text.h"

namespace wsel::report {
namespace {

namespace fs = std::filesystem;

constexpr std::array<Registered<RunState>, 6> kStates = {{
    {RunState::kWaiting, "waiting", ""},
    {RunState::kRunning, "running", ""},
    {RunState::kFinished, "finished", ""},
    {RunState::kFailed, "failed", ""},
    {RunState::kUnfinished, "unfinished", ""},
    {RunState::kUnknown, "log only", ""},
}};
constexpr Registry<RunState> kStateNames("state", kStates);

// Moves the seed from the name to `seed`: "uniform-seed3" -> 3; "uniform-3"
// only if 3 is known to be the seed, as a bare number may mean anything.
void StripSeed(Run& run) {
  static const std::regex kNamed("(.*?)[-_.]?seed[-_=]?([0-9]{1,9})");
  static const std::regex kBare("(.+)[-_.]([0-9]{1,9})");
  std::smatch match;
  if (std::regex_match(run.name, match, kNamed)) {
    const int64_t seed = std::stoll(match.str(2));
    if (run.seed && *run.seed != seed) return;
    run.seed = seed;
  } else if (!run.seed || !std::regex_match(run.name, match, kBare) ||
             std::stoll(match.str(2)) != *run.seed) {
    return;
  }
  if (match.length(1) > 0) run.name = match.str(1);
}

RunState StateByEpochs(const Run& run) {
  if (run.epochs_planned == 0) return RunState::kUnknown;
  const int64_t trained =
      run.log.epochs.empty() ? 0 : run.log.epochs.back().epoch;
  return trained >= run.epochs_planned ? RunState::kFinished
                                       : RunState::kUnfinished;
}

void ReadLogOf(const fs::path& folder, Run& run) {
  const fs::path summary = folder / "summary.csv";
  const fs::path official = folder / "log.txt";
  if (fs::exists(summary)) {
    run.log = ReadSummaryCsv(summary);
  } else if (StartsWithBrace(official)) {
    run.log = ReadOfficialLog(official);
  }
}

Run ReadFolder(const fs::path& folder) {
  Run run;
  run.path = folder;
  run.path_text = EscapeText(folder.string());
  run.name = FolderName(folder);
  if (fs::exists(folder / "config.json")) {
    ReadConfig(folder / "config.json", run);
  }
  ReadLogOf(folder, run);
  ReadProvenance(folder, run);
  if (fs::exists(folder / "run.json")) {
    ReadRunJson(folder / "run.json", run);
    return run;
  }
  run.state = StateByEpochs(run);
  StripSeed(run);
  run.settings = {{"run", run.name}};
  return run;
}

}  // namespace

std::string_view NameOf(RunState state) { return kStateNames.NameOf(state); }

RunState FindState(std::string_view name, std::string_view where) {
  return kStateNames.Find(name, where, ErrorKind::kFormat);
}

std::string FolderName(const fs::path& folder) {
  const fs::path absolute = fs::absolute(folder).lexically_normal();
  return EscapeText(
      (absolute.has_filename() ? absolute : absolute.parent_path())
          .filename()
          .string());
}

std::string_view ValueOf(const Run& run, std::string_view axis) {
  for (const Setting& setting : run.settings) {
    if (setting.axis == axis) return setting.value;
  }
  return {};
}

bool IsRunFolder(const fs::path& folder) {
  if (!fs::is_directory(folder)) return false;
  for (const char* name : {"config.json", "run.json", "summary.csv"}) {
    if (fs::is_regular_file(folder / name)) return true;
  }
  // This program's own log.txt is plain text.
  return StartsWithBrace(folder / "log.txt");
}

Run ReadRun(const fs::path& path) {
  if (fs::is_directory(path)) return ReadFolder(path);
  Run run;
  run.path = path;
  run.path_text = EscapeText(path.string());
  // A log with a standard name is named after its folder.
  const std::string stem = path.stem().string();
  run.name = stem == "summary" || stem == "log"
                 ? FolderName(fs::absolute(path).parent_path())
                 : EscapeText(stem);
  run.log = ReadLog(path);
  StripSeed(run);
  run.settings = {{"run", run.name}};
  return run;
}

}  // namespace wsel::report
