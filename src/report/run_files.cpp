#include "run_files.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/escape_text.h"
#include "wsel/core/json_object.h"
#include "wsel/core/sha256.h"
#include "wsel/core/text_file.h"
#include "wsel/run/config_keys.h"
#include "wsel/run/metadata_keys.h"
#include "wsel/run/run_folder.h"
#include "wsel/run/run_record.h"

namespace wsel::report {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr uintmax_t kMaxFileBytes = 4 << 20;
constexpr size_t kMaxKeys = 4096;
constexpr size_t kMaxTailBytes = 8000;
constexpr int64_t kMaxEpochs = 1'000'000'000;

// Errors: kFormat if the file is too large to be one of a run.
std::string ReadSmallText(const fs::path& path) {
  if (fs::file_size(path) > kMaxFileBytes) {
    throw Error(ErrorKind::kFormat, path.string(),
                "is larger than 4 MB: not a file of a run");
  }
  return ReadText(path);
}

std::string ValueText(const Json& value) {
  return EscapeText(value.is_string() ? value.get<std::string>()
                                      : value.dump());
}

void Flatten(const Json& value, const std::string& path, Run& run) {
  if (!value.is_object()) {
    if (run.config.size() < kMaxKeys) {
      run.config.emplace_back(run::CurrentKey(path), ValueText(value));
    }
    return;
  }
  for (const auto& [key, inner] : value.items()) {
    Flatten(inner,
            path.empty() ? EscapeText(key) : path + "." + EscapeText(key), run);
  }
}

std::vector<Setting> SettingsOf(const run::Labels& labels) {
  std::vector<Setting> settings;
  for (const auto& [axis, label] : labels) {
    settings.push_back({EscapeText(axis), EscapeText(label)});
  }
  return settings;
}

// Adds one key of a checkpoint's metadata under the name that reports use.
void AddProvenance(const checkpoint::Checkpoint& file, const char* key,
                   const char* name, Run& run) {
  const auto found = file.metadata().find(key);
  if (found == file.metadata().end()) return;
  run.provenance.emplace_back(name, EscapeText(found->second));
}

template <typename Visit>
void OpenIfPresent(const fs::path& path, Run& run, const Visit& visit) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return;
  try {
    visit(*checkpoint::Open(path));
  } catch (const Error& error) {
    run.log.notes.push_back(EscapeText(error.what()));
  }
}

}  // namespace

void ReadConfig(const fs::path& path, Run& run) {
  const std::string text = ReadSmallText(path);
  const Json json = ParseJson(text, path.string(), ErrorKind::kFormat);
  JsonObject root(json, path.string(), ErrorKind::kFormat);
  run.config_digest = Sha256Hex(text);
  Flatten(json, "", run);
  if (!root.Has("train")) return;
  JsonObject train = root.Object("train");
  if (train.Has("seed")) run.seed = train.Get<uint64_t>("seed");
  run.epochs_planned = train.GetOr<int64_t>("epochs", 0);
  if (run.epochs_planned < 0 || run.epochs_planned > kMaxEpochs) {
    throw Error(ErrorKind::kFormat, train.PathOf("epochs"), "is out of range");
  }
}

void ReadRecord(const fs::path& path, Run& run) {
  auto record = run::RecordFromJson(ReadSmallText(path), path.string());
  run.sweep = EscapeText(record.sweep);
  run.settings = SettingsOf(record.labels);
  // Each is a copy of the run: see AddRun.
  if (record.other_labels.size() > kMaxKeys) {
    throw Error(ErrorKind::kFormat, path.string(),
                "has more than 4096 other settings");
  }
  for (const run::Labels& labels : record.other_labels) {
    run.other_settings.push_back(SettingsOf(labels));
  }
  if (record.seed) run.seed = record.seed;
  run.state = record.state;
  run.error = EscapeLines(record.error, kMaxTailBytes);
  std::string& tail = record.log_tail;
  if (tail.size() > kMaxTailBytes) tail.erase(0, tail.size() - kMaxTailBytes);
  run.log_tail = EscapeLines(tail, kMaxTailBytes);
}

void ReadProvenance(const fs::path& folder, Run& run) {
  for (const auto& [path, value] : run.config) {
    if (path != "init.file" || value.empty()) continue;
    OpenIfPresent(value, run, [&](const checkpoint::Checkpoint& init) {
      AddProvenance(init, run::kPlanDigestKey, "plan", run);
      AddProvenance(init, run::kTeacherFileKey, "teacher", run);
      AddProvenance(init, run::kTeacherDigestKey, "teacher SHA-256", run);
      AddProvenance(init, run::kCommandKey, "init command", run);
    });
    break;
  }
  OpenIfPresent(run::WeightsFile(folder, run::kLast), run,
                [&](const checkpoint::Checkpoint& last) {
                  AddProvenance(last, run::kVersionKey, "version", run);
                });
}

}  // namespace wsel::report
