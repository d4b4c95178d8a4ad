#include "wsel/run/run_record.h"

#include "wsel/core/dump_json.h"
#include "wsel/core/json_object.h"

namespace wsel::run {
namespace {

using Json = nlohmann::ordered_json;

constexpr Registered<RunState> kStates[] = {
    {RunState::kWaiting, "waiting"},       {RunState::kRunning, "running"},
    {RunState::kFinished, "finished"},     {RunState::kFailed, "failed"},
    {RunState::kUnfinished, "unfinished"}, {RunState::kUnknown, "log only"}};
constexpr Registry<RunState> kStateNames("state", kStates);

Json LabelsJson(const Labels& labels) {
  Json json = Json::object();
  for (const auto& [axis, label] : labels) json[axis] = label;
  return json;
}

Labels LabelsFrom(const Json& json, const std::string& where) {
  const JsonObject object(json, where, ErrorKind::kFormat);  // it must be one
  Labels labels;
  for (const auto& [axis, label] : json.items()) {
    labels.emplace_back(axis, TextOf(label));
  }
  return labels;
}

}  // namespace

const Registry<RunState>& RunStates() { return kStateNames; }

std::string ToJson(const RunRecord& record) {
  Json json;
  json["sweep"] = record.sweep;
  json["settings"] = LabelsJson(record.labels);
  if (!record.other_labels.empty()) {
    json["other_settings"] = Json::array();
    for (const Labels& labels : record.other_labels) {
      json["other_settings"].push_back(LabelsJson(labels));
    }
  }
  if (record.seed) json["seed"] = *record.seed;
  json["state"] = RunStates().NameOf(record.state);
  if (record.state == RunState::kFailed) {
    json["exit_code"] = record.exit_code;
    json["error"] = record.error;
    json["log_tail"] = record.log_tail;
  }
  return DumpJson(json, 2) + "\n";
}

RunRecord RecordFromJson(std::string_view text, const std::string& where) {
  const Json tree = ParseJson(text, where, ErrorKind::kFormat);
  JsonObject object(tree, where, ErrorKind::kFormat);
  RunRecord record;
  record.sweep = object.GetOr<std::string>("sweep", "");
  record.labels = LabelsFrom(object.Raw("settings"), object.PathOf("settings"));
  // "also" is the key in older files.
  for (const char* key : {"other_settings", "also"}) {
    if (!object.Has(key)) continue;
    const Json& others = object.Raw(key);
    if (!others.is_array()) {
      throw Error(ErrorKind::kFormat, object.PathOf(key), "is not a list");
    }
    for (const Json& labels : others) {
      record.other_labels.push_back(LabelsFrom(labels, object.PathOf(key)));
    }
  }
  if (object.Has("seed") && !object.Raw("seed").is_null()) {
    record.seed = object.Get<uint64_t>("seed");
  }
  record.state = RunStates().Find(object.Get<std::string>("state"),
                                  object.PathOf("state"), ErrorKind::kFormat);
  record.exit_code = object.GetOr<int>("exit_code", 0);
  record.error = object.GetOr<std::string>("error", "");
  record.log_tail = object.GetOr<std::string>("log_tail", "");
  return record;
}

std::string TextOf(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace wsel::run
