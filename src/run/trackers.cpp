#include "wsel/run/trackers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <random>
#include <string_view>

#include "wsel/core/atomic_file.h"
#include "wsel/core/dump_json.h"
#include "wsel/core/json_object.h"
#include "wsel/core/sha256.h"
#include "wsel/core/text_file.h"
#include "wsel/run/file_names.h"

namespace wsel::run {
namespace {

constexpr std::array<Registered<Tracker>, 3> kTrackers = {{
    {Tracker::kTensorBoard, "tensorboard", "an event file"},
    {Tracker::kMlflow, "mlflow", "a file store"},
    {Tracker::kWandb, "wandb", "an offline run of Weights & Biases"},
}};
constexpr Registry<Tracker> kNames("tracker", kTrackers);

constexpr size_t kIdLength = 32;  // of MLflow's
// The year 9999, the last one that dates in file names can have.
constexpr int64_t kLastTime = 253'402'300'799'000;

std::string NewId() {
  std::random_device device;
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += fmt::format("{:08x}", device());
  return Sha256Hex(bytes).substr(0, kIdLength);
}

// The id becomes a part of file names.
bool IsId(std::string_view id) {
  return id.size() == kIdLength &&
         id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

TrackedRun Read(const std::filesystem::path& path) {
  const std::string where = path.string();
  const auto json = ParseJson(ReadText(path), where, ErrorKind::kFormat);
  JsonObject object(json, where, ErrorKind::kFormat);
  TrackedRun run;
  for (const auto& name : object.Get<std::vector<std::string>>("trackers")) {
    run.trackers.push_back(kNames.Find(name, where, ErrorKind::kFormat));
  }
  run.id = object.Get<std::string>("id");
  run.begun = object.Get<int64_t>("begun");
  object.Finish();
  if (!IsId(run.id) || run.begun < 0 || run.begun > kLastTime) {
    throw Error(ErrorKind::kFormat, where,
                "is not what a run writes there: delete the file, and its "
                "trackers show what follows as a run of its own");
  }
  return run;
}

std::string ToJson(const TrackedRun& run) {
  nlohmann::ordered_json json;
  json["trackers"] = nlohmann::ordered_json::array();
  for (const Tracker tracker : run.trackers) {
    json["trackers"].push_back(std::string(kNames.NameOf(tracker)));
  }
  json["id"] = run.id;
  json["begun"] = run.begun;
  return DumpJson(json, 2) + "\n";
}

}  // namespace

const Registry<Tracker>& Trackers() { return kNames; }

bool TrackedRun::Has(Tracker tracker) const {
  return std::ranges::find(trackers, tracker) != trackers.end();
}

TrackedRun OpenTrackedRun(const std::filesystem::path& folder,
                          const std::vector<Tracker>& given, double time,
                          bool resumes) {
  const auto path = folder / kTrackingFile;
  TrackedRun run;
  if (exists(path)) {
    run = Read(path);
  } else {
    run.id = NewId();
    run.begun = static_cast<int64_t>(time * 1000);
    if (resumes) run.trackers = {Tracker::kTensorBoard};
  }
  std::vector<Tracker> all = run.trackers;
  all.insert(all.end(), given.begin(), given.end());
  if (all.empty()) all = {Tracker::kTensorBoard};
  run.trackers.clear();
  for (const Tracker tracker : all) {
    if (!run.Has(tracker)) run.trackers.push_back(tracker);
  }
  WriteTextFile(path, ToJson(run));
  return run;
}

}  // namespace wsel::run
