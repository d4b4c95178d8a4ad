#include "wsel/sweep/sweep_file.h"

#include <fmt/format.h>

#include <set>

#include "wsel/core/escape_text.h"
#include "wsel/core/json_object.h"
#include "wsel/core/suggest.h"
#include "wsel/core/text_file.h"
#include "wsel/run/run_record.h"

namespace wsel::sweep {
namespace {

using Json = nlohmann::ordered_json;
using run::TextOf;

[[noreturn]] void Fail(const std::string& where, const std::string& message) {
  throw Error(ErrorKind::kConfig, where, message);
}

const Json& RequireObject(JsonObject& in, const char* key) {
  const Json& value = in.Raw(key);
  if (!value.is_object()) Fail(in.PathOf(key), "is not an object");
  return value;
}

std::vector<Setting> ReadSettings(const Json& object) {
  std::vector<Setting> settings;
  for (const auto& [path, value] : object.items()) {
    settings.push_back({path, value.dump()});
  }
  return settings;
}

// The settings in an optional "set".
std::vector<Setting> ReadSet(JsonObject& object) {
  if (!object.Has("set")) return {};
  return ReadSettings(RequireObject(object, "set"));
}

// A list: values of a configuration key, such as [1e-3, 2e-3], or mere labels
// of a free name. An object: what each value sets, by label.
std::vector<AxisValue> ReadValues(const std::string& name, const Json& values,
                                  const std::string& where) {
  std::vector<AxisValue> axis_values;
  const bool is_key = name.find('.') != std::string::npos;
  if (values.is_array()) {
    for (const Json& value : values) {
      axis_values.push_back({TextOf(value), {}});
      if (is_key) axis_values.back().settings = {{name, value.dump()}};
    }
  } else if (values.is_object()) {
    for (const auto& [label, sets] : values.items()) {
      if (!sets.is_object()) {
        Fail(where + "." + label, "is not an object of what this value sets");
      }
      axis_values.push_back({label, ReadSettings(sets)});
    }
  } else {
    Fail(where, "is neither a list nor an object of values");
  }
  if (axis_values.empty()) Fail(where, "has no values: remove the axis");
  return axis_values;
}

void CheckLabels(const Axis& axis, const std::string& where) {
  std::set<std::string> seen;
  for (const AxisValue& value : axis.values) {
    if (value.label.empty()) Fail(where, "has a value with an empty label");
    if (!seen.insert(value.label).second) {
      Fail(where, fmt::format("has '{}' twice", value.label));
    }
  }
}

std::vector<Axis> ReadAxes(JsonObject& root) {
  std::vector<Axis> axes;
  if (!root.Has("axes")) {
    Fail(root.PathOf("axes"), "is missing: list what the sweep varies");
  }
  for (const auto& [name, values] : RequireObject(root, "axes").items()) {
    const std::string where = root.PathOf("axes") + "." + name;
    axes.push_back({name, ReadValues(name, values, where)});
    CheckLabels(axes.back(), where);
  }
  if (axes.empty()) {
    Fail(root.PathOf("axes"), "is empty: list what the sweep varies");
  }
  return axes;
}

const Axis& FindAxis(const std::vector<Axis>& axes, const std::string& name,
                     const std::string& where) {
  std::vector<std::string> known;
  for (const Axis& axis : axes) {
    if (axis.name == name) return axis;
    known.push_back(axis.name);
  }
  Fail(where, Unknown("axis", name, known));
}

// A label of the axis.
std::string ReadLabel(const Axis& axis, const Json& value,
                      const std::string& where) {
  std::string label = TextOf(value);
  std::vector<std::string> known;
  for (const AxisValue& other : axis.values) {
    if (other.label == label) return label;
    known.push_back(other.label);
  }
  Fail(where, Unknown("value of the axis", label, known));
}

Selector ReadSelector(const Json& object, const std::vector<Axis>& axes,
                      const std::string& where) {
  if (!object.is_object() || object.empty()) {
    Fail(where, "is not an object of axes and their values");
  }
  Selector selector;
  for (const auto& [name, values] : object.items()) {
    const std::string at = where + "." + name;
    const Axis& axis = FindAxis(axes, name, at);
    std::vector<std::string> labels;
    for (const Json& value :
         values.is_array() ? values : Json::array({values})) {
      labels.push_back(ReadLabel(axis, value, at));
    }
    if (labels.empty()) Fail(at, "lists no value");
    selector.emplace_back(name, std::move(labels));
  }
  return selector;
}

// The items of an optional list, with their paths.
std::vector<std::pair<std::string, const Json&>> ItemsOf(JsonObject& root,
                                                         const char* key) {
  std::vector<std::pair<std::string, const Json&>> items;
  if (!root.Has(key)) return items;
  const Json& list = root.Raw(key);
  if (!list.is_array()) Fail(root.PathOf(key), "is not a list");
  for (const Json& item : list) {
    items.emplace_back(fmt::format("{}[{}]", root.PathOf(key), items.size()),
                       item);
  }
  return items;
}

Override ReadOverride(const Json& json, const std::vector<Axis>& axes,
                      const std::string& where) {
  JsonObject object(json, where);
  Override override;
  override.when = ReadSelector(object.Raw("when"), axes, object.PathOf("when"));
  override.recipe = object.GetOr<std::string>("recipe", "");
  override.settings = ReadSet(object);
  object.Finish();
  return override;
}

// The names of axes that vary in step; `zipped` has those of all groups.
std::vector<std::string> ReadZipped(const Json& group,
                                    const std::vector<Axis>& axes,
                                    const std::string& where,
                                    std::set<std::string>& zipped) {
  if (!group.is_array() || group.size() < 2) {
    Fail(where, "is not a list of two or more axes");
  }
  std::vector<std::string> names;
  size_t length = 0;
  for (const Json& json : group) {
    names.push_back(TextOf(json));
    const Axis& axis = FindAxis(axes, names.back(), where);
    if (!zipped.insert(axis.name).second) {
      Fail(where, fmt::format("'{}' is zipped twice", axis.name));
    }
    if (length == 0) length = axis.values.size();
    if (axis.values.size() != length) {
      Fail(where,
           fmt::format("'{}' has {} values, but '{}' has {}: zipped axes need "
                       "equally many",
                       names.front(), length, axis.name, axis.values.size()));
    }
  }
  return names;
}

void ReadLists(JsonObject& root, SweepFile& sweep) {
  std::set<std::string> zipped;
  for (const auto& [where, group] : ItemsOf(root, "zip")) {
    sweep.zipped.push_back(ReadZipped(group, sweep.axes, where, zipped));
  }
  for (const auto& [where, selector] : ItemsOf(root, "exclude")) {
    sweep.excluded.push_back(ReadSelector(selector, sweep.axes, where));
  }
  for (const auto& [where, selector] : ItemsOf(root, "include")) {
    sweep.included.push_back(ReadSelector(selector, sweep.axes, where));
  }
  for (const auto& [where, json] : ItemsOf(root, "overrides")) {
    sweep.overrides.push_back(ReadOverride(json, sweep.axes, where));
  }
}

void ReadRecipe(JsonObject& root, SweepFile& sweep) {
  if (!root.Has("recipe")) return;
  const Json& recipe = root.Raw("recipe");
  if (recipe.is_string()) {
    sweep.recipe = recipe.get<std::string>();
  } else if (recipe.is_object()) {
    sweep.inline_recipe = recipe.dump();
  } else {
    Fail(root.PathOf("recipe"), "is neither the path of a recipe nor a recipe");
  }
}

void ReadProbe(JsonObject& root, SweepFile& sweep) {
  sweep.probes = root.Has("probe");
  if (!sweep.probes) return;
  for (const auto& [name, value] : RequireObject(root, "probe").items()) {
    sweep.probe.emplace_back(name, TextOf(value));
  }
}

}  // namespace

SweepFile SweepFromJson(const std::string& text,
                        const std::filesystem::path& path) {
  Json tree = ParseJson(text, path.string(), ErrorKind::kConfig);
  JsonObject root(tree, path.string());
  SweepFile sweep;
  sweep.path = path;
  sweep.name =
      root.GetOr<std::string>("name", EscapeInvalidUtf8(path.stem().string()));
  sweep.about = root.GetOr<std::string>("about", "");
  ReadRecipe(root, sweep);
  sweep.settings = ReadSet(root);
  sweep.axes = ReadAxes(root);
  ReadLists(root, sweep);
  ReadProbe(root, sweep);
  // Read by `wsel report` from the sweep's folder.
  if (root.Has("report")) RequireObject(root, "report");
  root.Finish();
  tree["name"] = sweep.name;
  sweep.json = tree.dump(2) + "\n";
  return sweep;
}

SweepFile ReadSweepFile(const std::filesystem::path& path) {
  return SweepFromJson(ReadText(path), path);
}

}  // namespace wsel::sweep
