#include "wsel/run/mlflow_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "wsel/core/atomic_file.h"
#include "wsel/core/create_folder.h"
#include "wsel/core/dump_json.h"
#include "wsel/core/error.h"
#include "wsel/core/escape_text.h"
#include "wsel/core/json_object.h"
#include "wsel/core/split.h"
#include "wsel/core/text_file.h"

namespace wsel::run {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kExperiment = "0";
constexpr size_t kMaxParameterBytes = 6000;  // MLflow's limit

// A text in YAML's double quotes, which are JSON's.
std::string Quoted(const std::string& text) { return DumpJson(text); }

std::string FileUri(const fs::path& path) {
  std::string uri = "file://";
  for (const char c : fs::absolute(path).lexically_normal().string()) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte < 0x80 && std::isalnum(byte) != 0;
    if (plain || std::string_view("/-._~").find(c) != std::string_view::npos) {
      uri += c;
    } else {
      uri += fmt::format("%{:02X}", byte);
    }
  }
  return uri;
}

// Leaves the experiment of an earlier run as it is.
void WriteExperiment(const fs::path& folder, int64_t time) {
  const fs::path meta = folder / "meta.yaml";
  if (exists(meta)) return;
  WriteTextFile(meta,
                fmt::format("artifact_location: {}\n"
                            "creation_time: {}\n"
                            "experiment_id: '{}'\n"
                            "last_update_time: {}\n"
                            "lifecycle_stage: active\n"
                            "name: Default\n",
                            Quoted(FileUri(folder)), time, kExperiment, time));
}

// Not flushed to disk: there are a hundred of them, MLflow lists a run only
// when its meta.yaml, the last file, is there, and a resumed run writes them
// again.
void WriteValue(const fs::path& path, const std::string& text) {
  if (exists(path) && ReadText(path) == text) return;
  AppendFile(path, std::nullopt).Write(text);
}

// One line, which is all that MLflow reads.
std::string ParameterText(const Json& value) {
  const std::string text =
      value.is_string() ? value.get<std::string>() : DumpJson(value);
  return EscapeText(text, kMaxParameterBytes);
}

void WriteParameters(const fs::path& folder, const Json& section,
                     const std::string& prefix) {
  for (const auto& [key, value] : section.items()) {
    const std::string name = prefix + key;
    if (value.is_object() && !value.empty()) {
      WriteParameters(folder, value, name + ".");
    } else {
      WriteValue(folder / name, ParameterText(value));
    }
  }
}

void WriteTags(const fs::path& folder, const std::string& name) {
  const std::array<std::pair<const char*, std::string>, 3> tags = {{
      {"mlflow.runName", name},
      {"mlflow.source.name", "wsel"},
      {"mlflow.source.type", "LOCAL"},
  }};
  for (const auto& [tag, text] : tags) WriteValue(folder / tag, text);
}

// The files of the metrics, without those that a killed process was writing.
std::vector<fs::path> MetricFiles(const fs::path& folder) {
  std::vector<fs::path> files;
  std::vector<fs::path> unfinished;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const bool named = !entry.path().has_extension();
    (named ? files : unfinished).push_back(entry.path());
  }
  for (const fs::path& file : unfinished) fs::remove(file);
  return files;
}

// The step of a line "time value step"; -1 if it is not whole.
int64_t StepOf(std::string_view line) {
  const auto fields = Split(line, ' ');
  int64_t step = -1;
  if (fields.size() != 3) return step;
  const std::string_view text = fields[2];
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, step);
  return read.ec == std::errc() && read.ptr == end ? step : -1;
}

// The whole lines of a metric's file up to a step.
std::string LinesUpTo(std::string_view text, int64_t step) {
  std::string kept;
  for (size_t end = text.find('\n'); end != std::string_view::npos;
       end = text.find('\n')) {
    const std::string_view line = text.substr(0, end);
    const int64_t at = StepOf(line);
    if (at >= 0 && at <= step) kept += fmt::format("{}\n", line);
    text.remove_prefix(end + 1);
  }
  return kept;
}

// As Python writes them.
std::string TextOfNumber(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return fmt::format("{}", value);
}

// The number of a metric; empty for a text.
std::string NumberOf(const Metric& metric) {
  if (const auto* integer = std::get_if<int64_t>(&metric.value)) {
    return fmt::format("{}", *integer);
  }
  const auto* number = std::get_if<double>(&metric.value);
  return number == nullptr ? "" : TextOfNumber(*number);
}

int64_t Milliseconds(double time) { return static_cast<int64_t>(time * 1000); }

}  // namespace

MlflowRun::MlflowRun(const fs::path& folder, const TrackedRun& run,
                     const std::string& name, const std::string& config,
                     std::optional<int64_t> resume_step)
    : id_(run.id),
      name_(name),
      begun_(run.begun),
      path_(folder / "mlruns" / kExperiment / run.id) {
  // MLflow takes a folder without one of these for no run.
  for (const char* part : {"artifacts", "metrics", "params", "tags"}) {
    CreateFolder(path_ / part);
  }
  WriteExperiment(path_.parent_path(), begun_);
  WriteParameters(path_ / "params",
                  ParseJson(config, "config", ErrorKind::kFormat), "");
  WriteTags(path_ / "tags", name);
  for (const fs::path& file : MetricFiles(path_ / "metrics")) {
    const std::string kept =
        resume_step ? LinesUpTo(ReadText(file), *resume_step) : "";
    // MLflow cannot read one without a line.
    if (kept.empty()) {
      fs::remove(file);
      continue;
    }
    WriteTextFile(file, kept);
    metrics_.try_emplace(file.filename().string(), file, kept.size());
  }
  // Last: MLflow lists folders that have it.
  WriteMeta(Status::kRunning, std::nullopt);
}

void MlflowRun::WriteMeta(Status status, std::optional<int64_t> end) const {
  const char* user = std::getenv("USER");
  const std::string user_id = user == nullptr ? "" : EscapeText(user);
  WriteTextFile(path_ / "meta.yaml",
                fmt::format("artifact_uri: {}\n"
                            "end_time: {}\n"
                            "entry_point_name: ''\n"
                            "experiment_id: '{}'\n"
                            "lifecycle_stage: active\n"
                            "run_id: '{}'\n"
                            "run_name: {}\n"
                            "source_name: ''\n"
                            "source_type: 4\n"
                            "source_version: ''\n"
                            "start_time: {}\n"
                            "status: {}\n"
                            "tags: []\n"
                            "user_id: {}\n",
                            Quoted(FileUri(path_ / "artifacts")),
                            end ? fmt::format("{}", *end) : "null", kExperiment,
                            id_, Quoted(name_), begun_,
                            static_cast<int>(status), Quoted(user_id)));
}

void MlflowRun::Write(int64_t step, double time, std::span<const Metric> row) {
  for (const Metric& metric : row) {
    const std::string number = NumberOf(metric);
    if (number.empty()) continue;
    auto& file = metrics_
                     .try_emplace(metric.name, path_ / "metrics" / metric.name,
                                  std::nullopt)
                     .first->second;
    file.Write(fmt::format("{} {} {}\n", Milliseconds(time), number, step));
  }
}

void MlflowRun::End(RunEnd how, double time) {
  const Status status = how == RunEnd::kFinished  ? Status::kFinished
                        : how == RunEnd::kStopped ? Status::kKilled
                                                  : Status::kFailed;
  WriteMeta(status, std::max(begun_, Milliseconds(time)));
}

}  // namespace wsel::run
