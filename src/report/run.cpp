#include <algorithm>
#include <regex>

#include "run_files.h"
#include "wsel/core/escape_text.h"
#include "wsel/run/file_names.h"

namespace wsel::report {
namespace {

namespace fs = std::filesystem;

// Moves the seed from the name to `seed`: "uniform-seed3" -> 3; "uniform-3"
// only if 3 is known to be the seed, as a bare number may mean anything.
void StripSeed(Run& run) {
  static const std::regex kNamed("(.*?)[-_.]?seed[-_=]?([0-9]{1,9})");
  static const std::regex kBare("(.+)[-_.]([0-9]{1,9})");
  std::smatch match;
  if (std::regex_match(run.name, match, kNamed)) {
    const uint64_t seed = std::stoull(match.str(2));
    if (run.seed && *run.seed != seed) return;
    run.seed = seed;
  } else if (!run.seed || !std::regex_match(run.name, match, kBare) ||
             std::stoull(match.str(2)) != *run.seed) {
    return;
  }
  if (match.length(1) > 0) run.name = match.str(1);
}

// Whether the run ended before its last epoch, for want of a better top-1. The
// log does not have that of EMA weights, which may have made it continue.
bool EndedEarly(const Run& run) {
  if (run.patience == 0) return false;
  double best = -1;
  int64_t since = 0;  // evaluations since the best one
  for (const Epoch& epoch : run.log.epochs) {
    const auto score = epoch.score();
    if (!score) continue;
    ++since;
    if (*score <= best) continue;
    best = *score;
    since = 0;
  }
  return since >= run.patience;
}

RunState StateByEpochs(const Run& run) {
  if (run.epochs_planned == 0) return RunState::kUnknown;
  const bool ended =
      run.log.last_epoch() >= run.epochs_planned || EndedEarly(run);
  return ended ? RunState::kFinished : RunState::kUnfinished;
}

void ReadLogOf(const fs::path& folder, Run& run) {
  const fs::path summary = folder / run::kSummaryFile;
  const fs::path official = folder / run::kLogFile;
  if (fs::exists(summary)) {
    run.log = run::ReadSummaryCsv(summary);
  } else if (run::StartsWithBrace(official)) {
    run.log = run::ReadOfficialLog(official);
  }
}

void ReadFolder(const fs::path& folder, Run& run) {
  run.name = FolderName(folder);
  const fs::path config = folder / run::kConfigFile;
  if (fs::exists(config)) ReadConfig(config, run);
  ReadLogOf(folder, run);
  const fs::path test = folder / run::kTestFile;
  if (fs::exists(test)) ReadTest(test, run);
  const fs::path confusion = folder / run::kConfusionFile;
  if (fs::exists(confusion)) ReadConfusion(confusion, run);
  ReadProvenance(folder, run);
  const fs::path record = folder / run::kRecordFile;
  if (fs::exists(record)) {
    ReadRecord(record, run);
  } else {
    run.state = StateByEpochs(run);
  }
}

void ReadLogFile(const fs::path& path, Run& run) {
  // A log with a standard name is named after its folder.
  const std::string stem = path.stem().string();
  run.name = stem == "summary" || stem == "log"
                 ? FolderName(fs::absolute(path).parent_path())
                 : EscapeText(stem);
  run.log = run::ReadLog(path);
}

}  // namespace

std::string_view ValueOf(const Pairs& pairs, std::string_view name) {
  const auto at = std::ranges::find(pairs, name, &Pairs::value_type::first);
  return at == pairs.end() ? std::string_view() : at->second;
}

bool IsRunFolder(const fs::path& folder) {
  if (!fs::is_directory(folder)) return false;
  for (const char* name :
       {run::kConfigFile, run::kRecordFile, run::kSummaryFile}) {
    if (fs::is_regular_file(folder / name)) return true;
  }
  // This program's own log.txt is plain text.
  return run::StartsWithBrace(folder / run::kLogFile);
}

Run ReadRun(const fs::path& path) {
  Run run;
  run.path = path;
  run.path_text = EscapeText(path.string());
  if (fs::is_directory(path)) {
    ReadFolder(path, run);
  } else {
    ReadLogFile(path, run);
  }
  if (fs::exists(path / run::kRecordFile)) return run;
  StripSeed(run);
  run.settings = {{"run", run.name}};
  return run;
}

}  // namespace wsel::report
