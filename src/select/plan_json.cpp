#include "wsel/select/plan_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "wsel/core/sha256.h"
#include "wsel/model/config_json.h"
#include "wsel/model/init.h"

namespace wsel::select {
namespace {

using Json = nlohmann::ordered_json;

// Evenly spaced indices are abbreviated.
Json WriteIndices(const std::vector<int64_t>& indices) {
  if (indices.size() < 3) return indices;
  const int64_t step = indices[1] - indices[0];
  for (size_t i = 1; i < indices.size(); ++i) {
    if (indices[i] - indices[i - 1] != step) return indices;
  }
  return {{"start", indices[0]}, {"step", step}, {"count", indices.size()}};
}

Json WriteOptions(const Options& o) {
  return {{"method", o.method->name},
          {"layers", o.layers},
          {"heads", HeadRules().NameOf(o.heads)},
          {"head", HeadSources().NameOf(o.head)},
          {"patch_resize", PatchResizes().NameOf(o.patch_resize)},
          {"skip", o.skip},
          {"official", o.official},
          {"seed", o.seed}};
}

Json WriteAxis(const AxisPick& axis, const Plan& plan) {
  if (axis.set == AxisPick::kAll) return "all";
  Json json = {{"set", plan.sets[axis.set].name}};
  if (axis.groups != 1) json["groups"] = axis.groups;
  return json;
}

void Write(const Selected& s, const Plan& plan, Json& json) {
  json["from"] = s.teacher;
  json["teacher_shape"] = s.teacher_shape;
  json["axes"] = Json::array();
  for (const AxisPick& axis : s.axes) {
    json["axes"].push_back(WriteAxis(axis, plan));
  }
  if (const auto& p = s.pos_embed) {
    json["positions"] = {{"prefix", p->prefix},
                         {"teacher_prefix", p->teacher_prefix},
                         {"from_grid", p->from_grid},
                         {"to_grid", p->to_grid}};
  }
  if (const auto& p = s.patch_embed) {
    json["kernel"] = {{"from", p->from},
                      {"to", p->to},
                      {"method", PatchResizes().NameOf(p->method)}};
  }
  if (const auto& c = s.in_chans) {
    json["in_chans"] = {{"from", c->from}, {"to", c->to}};
  }
  if (!s.solved.empty()) json["solved"] = s.solved;
}

void Write(const TopMagnitude& t, const Plan&, Json& json) {
  json["from"] = t.teacher;
  json["teacher_shape"] = t.teacher_shape;
  json["largest_magnitude"] = t.digest;
}

void Write(const Reinitialised& r, const Plan&, Json& json) {
  json["reinitialised"] = {{"reason", r.reason},
                           {"init", Json::parse(model::ToJson(r.init))}};
}

void Write(const Computed& c, const Plan&, Json& json) {
  json["computed"] = c.how;
}

Json WriteAgreement(const Agreement& agreement) {
  Json json = Json::object();
  if (agreement.held_out > 0) json["held_out"] = agreement.held_out;
  if (agreement.top1) json["top1"] = *agreement.top1;
  json["stream"] = Json::array();
  for (const StreamAgreement& s : agreement.stream) {
    json["stream"].push_back(
        {{"block", s.block}, {"kept", s.kept}, {"error", s.error}});
  }
  return json;
}

Json WriteCalibration(const CalibrationRecord& c) {
  Json json = {{"dataset", c.dataset},
               {"images", c.images},
               {"seed", c.seed},
               {"sha256", c.digest}};
  if (!c.mean.empty()) json["mean"] = c.mean;
  if (!c.std.empty()) json["std"] = c.std;
  if (c.agreement) json["agreement"] = WriteAgreement(*c.agreement);
  return json;
}

// An array with one element per line: plans are also read by people.
void AppendArray(std::string& text, std::string_view key, const Json& array) {
  text += fmt::format(",\n\"{}\": [", key);
  const char* separator = "\n ";
  for (const Json& element : array) {
    text += separator + element.dump();
    separator = ",\n ";
  }
  text += array.empty() ? "]" : "\n]";
}

}  // namespace

std::string ToJson(const PlanModel& model) {
  if (const auto* config = std::get_if<model::Config>(&model)) {
    return model::ToJson(*config);
  }
  const auto& generic = std::get<GenericModel>(model);
  Json json = {{"generic", generic.name}, {"sizes", Json::object()}};
  for (const auto& [name, size] : generic.sizes) json["sizes"][name] = size;
  json["stacks"] = generic.stacks;
  return json.dump();
}

std::string ToJson(const Plan& plan) {
  if (!IsDecided(plan)) throw std::logic_error("an undecided plan is stored");
  std::string text = fmt::format("{{\"format\": \"{}\", \"version\": {}",
                                 kPlanFormat, kPlanVersion);
  if (plan.teacher) text += ",\n\"teacher\": " + ToJson(*plan.teacher);
  text += ",\n\"student\": " + ToJson(plan.student);
  text += ",\n\"options\": " + WriteOptions(plan.options).dump();
  if (plan.calibration) {
    text += ",\n\"calibration\": " + WriteCalibration(*plan.calibration).dump();
  }
  text += ",\n\"layers\": " + Json(plan.layers).dump();

  Json sets = Json::array();
  for (const IndexSet& set : plan.sets) {
    sets.push_back({{"name", set.name},
                    {"of", set.of},
                    {"take", WriteIndices(set.indices)}});
  }
  AppendArray(text, "index_sets", sets);

  Json tensors = Json::array();
  for (const Entry& entry : plan.entries) {
    Json json = {{"name", entry.student.name}, {"shape", entry.student.shape}};
    std::visit([&](const auto& source) { Write(source, plan, json); },
               entry.source);
    tensors.push_back(std::move(json));
  }
  AppendArray(text, "tensors", tensors);

  Json unused = Json::array();
  for (const Unused& u : plan.unused) {
    unused.push_back({{"name", u.teacher}, {"reason", u.reason}});
  }
  AppendArray(text, "unused", unused);
  AppendArray(text, "notes", plan.notes);
  return text + "}\n";
}

std::string DigestOf(const Plan& plan) { return Sha256Hex(ToJson(plan)); }

}  // namespace wsel::select
