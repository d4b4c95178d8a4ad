#include "wsel/sweep/run_record.h"

#include <array>

#include "wsel/core/json_object.h"

namespace wsel::sweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<Registered<RunState>, 4> kStates = {{
    {RunState::kWaiting, "waiting", "not begun, or stopped"},
    {RunState::kRunning, "running", "under way"},
    {RunState::kFinished, "finished", "done"},
    {RunState::kFailed, "failed", "ended with an error"},
}};
constexpr Registry<RunState> kStateNames("state", kStates);

Json LabelsJson(const Labels& labels) {
  Json json = Json::object();
  for (const auto& [axis, label] : labels) json[axis] = label;
  return json;
}

Labels LabelsFrom(const Json& json, const std::string& where) {
  Labels labels;
  if (!json.is_object()) {
    throw Error(ErrorKind::kFormat, where, "is no object of axes and labels");
  }
  for (const auto& [axis, label] : json.items()) {
    if (!label.is_string()) {
      throw Error(ErrorKind::kFormat, where + "." + axis, "is no text");
    }
    labels.emplace_back(axis, label.get<std::string>());
  }
  return labels;
}

}  // namespace

const Registry<RunState>& RunStates() { return kStateNames; }

std::string ToJson(const RunRecord& record) {
  Json json;
  json["sweep"] = record.sweep;
  json["settings"] = LabelsJson(record.labels);
  if (!record.also.empty()) {
    json["also"] = Json::array();
    for (const Labels& labels : record.also) {
      json["also"].push_back(LabelsJson(labels));
    }
  }
  json["seed"] = record.seed;
  json["state"] = RunStates().NameOf(record.state);
  if (record.state == RunState::kFailed) {
    json["exit_code"] = record.exit_code;
    json["error"] = record.error;
    json["log_tail"] = record.log_tail;
  }
  // What a failed program printed may be no UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

RunRecord RecordFromJson(std::string_view text, const std::string& where) {
  const Json tree = ParseJson(text, where, ErrorKind::kFormat);
  JsonObject object(tree, where, ErrorKind::kFormat);
  RunRecord record;
  record.sweep = object.Get<std::string>("sweep");
  record.labels = LabelsFrom(object.Raw("settings"), object.PathOf("settings"));
  if (object.Has("also")) {
    const Json& also = object.Raw("also");
    if (!also.is_array()) {
      throw Error(ErrorKind::kFormat, object.PathOf("also"), "is no list");
    }
    for (const Json& labels : also) {
      record.also.push_back(LabelsFrom(labels, object.PathOf("also")));
    }
  }
  record.seed = object.Get<uint64_t>("seed");
  record.state = RunStates().Find(object.Get<std::string>("state"),
                                  object.PathOf("state"), ErrorKind::kFormat);
  record.exit_code = object.GetOr<int>("exit_code", 0);
  record.error = object.GetOr<std::string>("error", "");
  record.log_tail = object.GetOr<std::string>("log_tail", "");
  object.Finish();
  return record;
}

}  // namespace wsel::sweep
