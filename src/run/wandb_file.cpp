#include "wsel/run/wandb_file.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string_view>
#include <variant>

#include "protobuf.h"
#include "wsel/core/create_folder.h"
#include "wsel/core/dump_json.h"
#include "wsel/core/error.h"
#include "wsel/core/json_object.h"

namespace wsel::run {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProject = "wsel";
constexpr size_t kRunIdLength = 16;  // W&B's own have 8, of more letters

constexpr size_t kBlock = 32768;
constexpr size_t kFrameHeader = 7;
// LevelDB's kinds of fragments, in which a record lies in blocks.
constexpr uint8_t kFull = 1;
constexpr uint8_t kFirst = 2;
constexpr uint8_t kMiddle = 3;
constexpr uint8_t kLastPart = 4;

// W&B's mark, a magic number and the format's version.
std::string FileHeader() {
  return ":W&B" + LittleEndian(0xBEE1, 2) + LittleEndian(0, 1);
}

std::string Frame(uint8_t kind, std::string_view data) {
  boost::crc_32_type crc;  // zlib's
  crc.process_byte(kind);
  crc.process_bytes(data.data(), data.size());
  return LittleEndian(crc.checksum(), 4) + LittleEndian(data.size(), 2) +
         LittleEndian(kind, 1) + std::string(data);
}

// The record as the fragments that follow `offset` bytes of a file.
std::string Framed(std::string_view record, uint64_t offset) {
  std::string out;
  for (bool first = true;; first = false) {
    size_t space = kBlock - (offset + out.size()) % kBlock;
    if (space < kFrameHeader) {
      out += std::string(space, '\0');
      space = kBlock;
    }
    const size_t length = std::min(record.size(), space - kFrameHeader);
    const bool last = length == record.size();
    const uint8_t kind =
        first ? (last ? kFull : kFirst) : (last ? kLastPart : kMiddle);
    out += Frame(kind, record.substr(0, length));
    record.remove_prefix(length);
    if (last) return out;
  }
}

// ConfigItem, HistoryItem, SummaryItem: string key = 1, string value_json = 16.
std::string Item(std::string_view key, std::string_view json) {
  return BytesField(1, BytesField(1, key) + BytesField(16, json));
}

// NaN and infinity as Python's json has them, which W&B reads.
std::string JsonOf(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return fmt::format("{}", value);
}
std::string JsonOf(int64_t value) { return fmt::format("{}", value); }
std::string JsonOf(const std::string& value) { return DumpJson(value); }

// Record: HeaderRecord header = 21; its VersionInfo version_info = 1: string
// producer = 1.
std::string HeaderRecord() {
  return BytesField(21, BytesField(1, BytesField(1, "wsel")));
}

// ConfigRecord: repeated ConfigItem update = 1.
std::string ConfigOf(const std::string& config) {
  const auto json = ParseJson(config, "config", ErrorKind::kFormat);
  std::string items = Item("_wandb", "{}");
  for (const auto& [key, value] : json.items()) {
    items += Item(key, DumpJson(value));
  }
  return items;
}

// Record: RunRecord run = 17: string run_id = 1, project = 3, ConfigRecord
// config = 4, string display_name = 8, Timestamp start_time = 17 (seconds = 1,
// nanos = 2).
std::string RunRecordOf(const TrackedRun& run, const std::string& id,
                        const std::string& name, const std::string& config) {
  const std::string begun = IntegerField(1, run.begun / 1000) +
                            IntegerField(2, run.begun % 1000 * 1'000'000);
  return BytesField(17, BytesField(1, id) + BytesField(3, kProject) +
                            BytesField(4, ConfigOf(config)) +
                            BytesField(8, name) + BytesField(17, begun));
}

fs::path PathOf(const fs::path& folder, const TrackedRun& run) {
  const std::string id = run.id.substr(0, kRunIdLength);
  const auto second = static_cast<std::time_t>(run.begun / 1000);
  const fs::path own =
      folder / "wandb" /
      fmt::format("offline-run-{:%Y%m%d_%H%M%S}-{}", fmt::gmtime(second), id);
  CreateFolder(own);
  return own / fmt::format("run-{}.wandb", id);
}

std::optional<uint64_t> LengthIfThere(const fs::path& path,
                                      std::optional<uint64_t> resume_at) {
  return exists(path) ? resume_at : std::nullopt;
}

}  // namespace

WandbFile::WandbFile(const fs::path& folder, const TrackedRun& run,
                     const std::string& name, const std::string& config,
                     std::optional<uint64_t> resume_at)
    : begun_(static_cast<double>(run.begun) / 1000),
      path_(PathOf(folder, run)),
      file_(path_, LengthIfThere(path_, resume_at)) {
  if (file_.bytes() > 0) return;
  const std::string id = run.id.substr(0, kRunIdLength);
  std::string begin = FileHeader();
  begin += Framed(HeaderRecord(), begin.size());
  begin += Framed(RunRecordOf(run, id, name, config), begin.size());
  file_.Write(begin);
}

double WandbFile::Runtime(double time) const {
  return std::max(0.0, time - begun_);
}

// Record: HistoryRecord history = 2: repeated HistoryItem item = 1, HistoryStep
// step = 2 (int64 num = 1); SummaryRecord summary = 3: repeated SummaryItem
// update = 1, the last values, which W&B does not take from the history.
void WandbFile::Write(int64_t step, double time, std::span<const Metric> row) {
  std::string items;
  for (const Metric& metric : row) {
    items += Item(metric.name,
                  std::visit([](const auto& value) { return JsonOf(value); },
                             metric.value));
  }
  items += Item("_timestamp", JsonOf(time));
  items += Item("_runtime", JsonOf(Runtime(time)));
  items += Item("_step", JsonOf(step));
  const std::string history = items + BytesField(2, IntegerField(1, step));
  std::string records = Framed(BytesField(3, items), file_.bytes());
  records += Framed(BytesField(2, history), file_.bytes() + records.size());
  file_.Write(records);
}

// Record: RunExitRecord exit = 18: int32 exit_code = 1, runtime = 2;
// FinalRecord final = 20, without which the `wandb sync` of wandb 0.18 does not
// upload the code. That of a run that was stopped is what a shell reports of
// SIGINT.
void WandbFile::End(RunEnd how, double time) {
  const int64_t code = how == RunEnd::kFinished  ? 0
                       : how == RunEnd::kStopped ? 130
                                                 : 1;
  const std::string end = IntegerField(1, code) +
                          IntegerField(2, static_cast<int64_t>(Runtime(time)));
  std::string records = Framed(BytesField(18, end), file_.bytes());
  records += Framed(BytesField(20, ""), file_.bytes() + records.size());
  file_.Write(records);
}

}  // namespace wsel::run
