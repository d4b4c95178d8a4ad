#include "run_files.h"

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
constexpr size_t kMaxAboutBytes = 4000;
constexpr size_t kMaxKeys = 4096;
constexpr size_t kMaxTailBytes = 8000;
constexpr int64_t kMaxEpochs = 1'000'000'000;

// Errors: kFormat if the file is too large to be one of a run or sweep.
std::string ReadSmallText(const fs::path& path) {
  if (fs::file_size(path) > kMaxFileBytes) {
    throw Error(ErrorKind::kFormat, path.string(),
                "is larger than 4 MB: not a file of a run or sweep");
  }
  return ReadText(path);
}

std::string ValueText(const Json& value) {
  return EscapeText(run::TextOf(value));
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

Pairs Escaped(Pairs pairs) {
  for (auto& [axis, label] : pairs) {
    axis = EscapeText(axis);
    label = EscapeText(label);
  }
  return pairs;
}

// Of an axis of a sweep: a list of values, or an object of values by label.
std::vector<std::string> LabelsOf(const Json& values) {
  std::vector<std::string> labels;
  for (const auto& [key, value] : values.items()) {
    labels.push_back(values.is_object() ? EscapeText(key) : ValueText(value));
  }
  return labels;
}

// Keys of a checkpoint's metadata, and their names in reports.
using ProvenanceKeys =
    std::initializer_list<std::pair<const char*, const char*>>;

void AddProvenance(const fs::path& path, ProvenanceKeys keys, Run& run) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return;
  try {
    const auto file = checkpoint::Open(path);
    for (const auto& [key, name] : keys) {
      const auto found = file->metadata().find(key);
      if (found == file->metadata().end()) continue;
      run.provenance.emplace_back(name, EscapeText(found->second));
    }
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
  run.patience = train.GetOr<int64_t>("patience", 0);
  if (run.patience < 0) {
    throw Error(ErrorKind::kFormat, train.PathOf("patience"),
                "is out of range");
  }
}

void ReadTest(const fs::path& path, Run& run) {
  const Json json =
      ParseJson(ReadSmallText(path), path.string(), ErrorKind::kFormat);
  JsonObject root(json, path.string(), ErrorKind::kFormat);
  const auto percent = [&](const char* key) {
    const auto value = root.Get<double>(key);
    if (value >= 0 && value <= 100) return value;
    throw Error(ErrorKind::kFormat, root.PathOf(key),
                "is {}; it must be from 0 to 100", value);
  };
  if (root.Has("map")) {
    run.test = TestResult{.top1 = percent("map"),
                          .balanced_accuracy = std::nullopt,
                          .macro_f1 = percent("macro_f1"),
                          .subset_accuracy = percent("subset_accuracy")};
    return;
  }
  run.test = TestResult{.top1 = percent("top1"),
                        .balanced_accuracy = percent("balanced_accuracy"),
                        .macro_f1 = percent("macro_f1")};
}

void ReadRecord(const fs::path& path, Run& run) {
  auto record = run::RecordFromJson(ReadSmallText(path), path.string());
  run.sweep = EscapeText(record.sweep);
  run.settings = Escaped(record.labels);
  // Each is a copy of the run: see AddRun.
  if (record.other_labels.size() > kMaxKeys) {
    throw Error(ErrorKind::kFormat, path.string(),
                "has more than 4096 other settings");
  }
  for (const run::Labels& labels : record.other_labels) {
    run.other_settings.push_back(Escaped(labels));
  }
  if (record.seed) run.seed = record.seed;
  run.state = record.state;
  run.error = EscapeLines(record.error, kMaxTailBytes);
  std::string& tail = record.log_tail;
  if (tail.size() > kMaxTailBytes) tail.erase(0, tail.size() - kMaxTailBytes);
  run.log_tail = EscapeLines(tail, kMaxTailBytes);
}

void ReadProvenance(const fs::path& folder, Run& run) {
  AddProvenance(ValueOf(run.config, "init.file"),
                {{run::kPlanDigestKey, "plan"},
                 {run::kTeacherFileKey, "teacher"},
                 {run::kTeacherDigestKey, "teacher SHA-256"},
                 {run::kCommandKey, "init command"}},
                run);
  AddProvenance(run::WeightsFile(folder, run::kLast),
                {{run::kVersionKey, "version"}}, run);
}

SweepJson ReadSweepJson(const fs::path& path) {
  const Json json =
      ParseJson(ReadSmallText(path), path.string(), ErrorKind::kFormat);
  JsonObject root(json, path.string(), ErrorKind::kFormat);
  SweepJson sweep;
  sweep.name = root.Has("name") ? EscapeText(root.Get<std::string>("name"))
                                : FolderName(fs::absolute(path).parent_path());
  sweep.about =
      EscapeText(root.GetOr<std::string>("about", ""), kMaxAboutBytes);
  if (root.Has("axes")) {
    root.Object("axes");  // requires an object
    for (const auto& [axis, values] : root.Raw("axes").items()) {
      sweep.axes.push_back({EscapeText(axis), LabelsOf(values)});
    }
  }
  if (!root.Has("report")) return sweep;
  JsonObject report(root.Raw("report"), root.PathOf("report"),
                    ErrorKind::kConfig);
  const auto axes = [&](const char* key) {
    return report.GetOr<std::vector<std::string>>(key, {});
  };
  sweep.table = TableOptions{axes("rows"), axes("columns"),
                             report.GetOr<std::string>("baseline", "")};
  report.Finish();
  return sweep;
}

std::string AboutOfSweep(const fs::path& run_folder) {
  fs::path folder = fs::absolute(run_folder).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  const fs::path path = folder.parent_path().parent_path() / run::kSweepFile;
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return "";
  try {
    return ReadSweepJson(path).about;
  } catch (const Error&) {  // the runs can be reported without it
    return "";
  }
}

std::string FolderName(const fs::path& folder) {
  const fs::path absolute = fs::absolute(folder).lexically_normal();
  return EscapeText(
      (absolute.has_filename() ? absolute : absolute.parent_path())
          .filename()
          .string());
}

}  // namespace wsel::report
