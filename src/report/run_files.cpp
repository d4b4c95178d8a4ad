#include "run_files.h"

#include <fmt/format.h>

#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/json_object.h"
#include "wsel/core/sha256.h"
#include "wsel/core/text_file.h"
#include "wsel/report/printable.h"

namespace wsel::report {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr uintmax_t kMostOfAFile = 4 << 20;
constexpr size_t kMostKeys = 4096;
constexpr size_t kMostOfATail = 8000;
constexpr int64_t kMostPlanned = 1'000'000'000;

Json ReadJson(const fs::path& path, std::string& text) {
  if (fs::file_size(path) > kMostOfAFile) {
    throw Error(ErrorKind::kFormat, path.string(),
                "is larger than 4 MB: no file of a run");
  }
  text = ReadText(path);
  return ParseJson(text, path.string(), ErrorKind::kFormat);
}

std::string ValueText(const Json& value) {
  return Printable(value.is_string() ? value.get<std::string>() : value.dump());
}

void Flatten(const Json& value, const std::string& path, Run& run) {
  if (!value.is_object()) {
    if (run.config.size() < kMostKeys) {
      run.config.emplace_back(path, ValueText(value));
    }
    return;
  }
  for (const auto& [key, inner] : value.items()) {
    Flatten(inner, path.empty() ? Printable(key) : path + "." + Printable(key),
            run);
  }
}

std::vector<Setting> ReadSettings(const Json& axes, const std::string& where) {
  JsonObject(axes, where, ErrorKind::kFormat);  // is one
  if (axes.size() > kMostKeys) {
    throw Error(ErrorKind::kFormat, where, "has over 4096 axes");
  }
  std::vector<Setting> settings;
  for (const auto& [axis, value] : axes.items()) {
    settings.push_back({Printable(axis), ValueText(value)});
  }
  return settings;
}

// One key of the weights' metadata, under the name that reports give it.
void Keep(const checkpoint::Checkpoint& file, const char* key, const char* name,
          Run& run) {
  const auto found = file.metadata().find(key);
  if (found == file.metadata().end()) return;
  run.provenance.emplace_back(name, Printable(found->second));
}

template <typename Visit>
void OpenIfThere(const fs::path& path, Run& run, const Visit& visit) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return;
  try {
    visit(*checkpoint::Open(path));
  } catch (const Error& error) {
    run.log.notes.push_back(Printable(error.what()));
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
  if (run.epochs_planned < 0 || run.epochs_planned > kMostPlanned) {
    throw Error(ErrorKind::kFormat, train.PathOf("epochs"), "is out of range");
  }
}

void ReadRunJson(const fs::path& path, Run& run) {
  std::string text;
  const Json json = ReadJson(path, text);
  JsonObject root(json, path.string(), ErrorKind::kFormat);
  run.settings = ReadSettings(root.Raw("settings"), root.PathOf("settings"));
  if (root.Has("also")) {
    const std::string where = root.PathOf("also");
    if (root.Raw("also").size() > kMostKeys) {
      throw Error(ErrorKind::kFormat, where, "has over 4096 entries");
    }
    for (const Json& settings : root.Raw("also")) {
      run.also.push_back(ReadSettings(settings, where));
    }
  }
  if (root.Has("seed") && !root.Raw("seed").is_null()) {
    run.seed = root.Get<int64_t>("seed");
  }
  run.state = FindState(root.Get<std::string>("state"), root.PathOf("state"));
  run.error =
      PrintableLines(root.GetOr<std::string>("error", ""), kMostOfATail);
  std::string tail = root.GetOr<std::string>("log_tail", "");
  if (tail.size() > kMostOfATail) tail.erase(0, tail.size() - kMostOfATail);
  run.log_tail = PrintableLines(tail, kMostOfATail);
}

void ReadProvenance(const fs::path& folder, Run& run) {
  for (const auto& [path, value] : run.config) {
    if (path != "init.file" || value.empty()) continue;
    OpenIfThere(value, run, [&](const checkpoint::Checkpoint& start) {
      Keep(start, "wsel.plan.sha256", "plan", run);
      Keep(start, "wsel.teacher.file", "teacher", run);
      Keep(start, "wsel.teacher.sha256", "teacher SHA-256", run);
      Keep(start, "wsel.command", "start made by", run);
    });
    break;
  }
  OpenIfThere(folder / "last.safetensors", run,
              [&](const checkpoint::Checkpoint& last) {
                Keep(last, "wsel.version", "version", run);
              });
}

}  // namespace wsel::report
