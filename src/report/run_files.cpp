#include "run_files.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/json_object.h"
#include "wsel/core/sha256.h"
#include "wsel/core/text_file.h"
#include "wsel/report/escape_text.h"

namespace wsel::report {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr uintmax_t kMaxFileBytes = 4 << 20;
constexpr size_t kMaxKeys = 4096;
constexpr size_t kMaxTailBytes = 8000;
constexpr int64_t kMaxEpochs = 1'000'000'000;

// Configuration keys of older runs and their current names, as in
// src/recipe/fields.h, so that old and new runs can be compared.
constexpr std::pair<std::string_view, std::string_view> kRenamedKeys[] = {
    {"data.cache_gb", "data.cache_gib"},
    {"data.skip_broken", "data.skip_corrupt"},
    {"train.memory_gb", "train.memory_gib"},
    {"evaluation.every", "train.val_interval"},
};

Json ReadJson(const fs::path& path, std::string& text) {
  if (fs::file_size(path) > kMaxFileBytes) {
    throw Error(ErrorKind::kFormat, path.string(),
                "is larger than 4 MB: not a file of a run");
  }
  text = ReadText(path);
  return ParseJson(text, path.string(), ErrorKind::kFormat);
}

std::string ValueText(const Json& value) {
  return EscapeText(value.is_string() ? value.get<std::string>()
                                      : value.dump());
}

std::string CurrentKey(const std::string& path) {
  for (const auto& [old_key, key] : kRenamedKeys) {
    if (path == old_key) return std::string(key);
  }
  return path;
}

void Flatten(const Json& value, const std::string& path, Run& run) {
  if (!value.is_object()) {
    if (run.config.size() < kMaxKeys) {
      run.config.emplace_back(CurrentKey(path), ValueText(value));
    }
    return;
  }
  for (const auto& [key, inner] : value.items()) {
    Flatten(inner,
            path.empty() ? EscapeText(key) : path + "." + EscapeText(key), run);
  }
}

std::vector<Setting> ReadSettings(const Json& axes, const std::string& where) {
  JsonObject(axes, where, ErrorKind::kFormat);  // requires an object
  if (axes.size() > kMaxKeys) {
    throw Error(ErrorKind::kFormat, where, "has more than 4096 axes");
  }
  std::vector<Setting> settings;
  for (const auto& [axis, value] : axes.items()) {
    settings.push_back({EscapeText(axis), ValueText(value)});
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
  std::string text;
  const Json json = ReadJson(path, text);
  JsonObject root(json, path.string(), ErrorKind::kFormat);
  run.config_digest = Sha256Hex(text);
  Flatten(json, "", run);
  if (!root.Has("train")) return;
  JsonObject train = root.Object("train");
  if (train.Has("seed")) run.seed = train.Get<int64_t>("seed");
  run.epochs_planned = train.GetOr<int64_t>("epochs", 0);
  if (run.epochs_planned < 0 || run.epochs_planned > kMaxEpochs) {
    throw Error(ErrorKind::kFormat, train.PathOf("epochs"), "is out of range");
  }
}

void ReadRunJson(const fs::path& path, Run& run) {
  std::string text;
  const Json json = ReadJson(path, text);
  JsonObject root(json, path.string(), ErrorKind::kFormat);
  run.settings = ReadSettings(root.Raw("settings"), root.PathOf("settings"));
  // "also" is the key in older files.
  for (const char* key : {"other_settings", "also"}) {
    if (!root.Has(key)) continue;
    const std::string where = root.PathOf(key);
    if (root.Raw(key).size() > kMaxKeys) {
      throw Error(ErrorKind::kFormat, where, "has more than 4096 entries");
    }
    for (const Json& settings : root.Raw(key)) {
      run.other_settings.push_back(ReadSettings(settings, where));
    }
  }
  if (root.Has("seed") && !root.Raw("seed").is_null()) {
    run.seed = root.Get<int64_t>("seed");
  }
  run.state = FindState(root.Get<std::string>("state"), root.PathOf("state"));
  run.error = EscapeLines(root.GetOr<std::string>("error", ""), kMaxTailBytes);
  std::string tail = root.GetOr<std::string>("log_tail", "");
  if (tail.size() > kMaxTailBytes) tail.erase(0, tail.size() - kMaxTailBytes);
  run.log_tail = EscapeLines(tail, kMaxTailBytes);
}

void ReadProvenance(const fs::path& folder, Run& run) {
  for (const auto& [path, value] : run.config) {
    if (path != "init.file" || value.empty()) continue;
    OpenIfPresent(value, run, [&](const checkpoint::Checkpoint& init) {
      AddProvenance(init, "wsel.plan.sha256", "plan", run);
      AddProvenance(init, "wsel.teacher.file", "teacher", run);
      AddProvenance(init, "wsel.teacher.sha256", "teacher SHA-256", run);
      AddProvenance(init, "wsel.command", "init command", run);
    });
    break;
  }
  OpenIfPresent(folder / "last.safetensors", run,
                [&](const checkpoint::Checkpoint& last) {
                  AddProvenance(last, "wsel.version", "version", run);
                });
}

}  // namespace wsel::report
