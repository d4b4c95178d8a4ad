#include "wsel/sweep/sweep_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "wsel/core/json_object.h"
#include "wsel/core/suggest.h"
#include "wsel/core/text_file.h"

namespace wsel::sweep {
namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void Fail(const std::string& where, const std::string& message) {
  throw Error(ErrorKind::kConfig, where, message);
}

std::string LabelOf(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
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

// A list: values of a configuration key, such as [1e-3, 2e-3], or mere labels
// of a free name. An object: what each value sets, by label.
std::vector<AxisValue> ReadValues(const std::string& name, const Json& values,
                                  const std::string& where) {
  std::vector<AxisValue> axis_values;
  const bool is_key = name.find('.') != std::string::npos;
  if (values.is_array()) {
    for (const Json& value : values) {
      axis_values.push_back({LabelOf(value), {}});
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

void CheckLabel(const Axis& axis, const std::string& label,
                const std::string& where) {
  std::vector<std::string> known;
  for (const AxisValue& value : axis.values) known.push_back(value.label);
  if (std::find(known.begin(), known.end(), label) == known.end()) {
    Fail(where, Unknown("value of the axis", label, known));
  }
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
    const auto add = [&](const Json& value) {
      labels.push_back(LabelOf(value));
      CheckLabel(axis, labels.back(), at);
    };
    if (values.is_array()) {
      for (const Json& value : values) add(value);
    } else {
      add(values);
    }
    if (labels.empty()) Fail(at, "lists no value");
    selector.emplace_back(name, std::move(labels));
  }
  return selector;
}

const Json& ReadList(JsonObject& root, const char* key) {
  static const Json kNone = Json::array();
  if (!root.Has(key)) return kNone;
  const Json& list = root.Raw(key);
  if (!list.is_array()) Fail(root.PathOf(key), "is not a list");
  return list;
}

std::vector<Selector> ReadSelectors(JsonObject& root, const char* key,
                                    const std::vector<Axis>& axes) {
  std::vector<Selector> selectors;
  for (const Json& object : ReadList(root, key)) {
    selectors.push_back(ReadSelector(
        object, axes,
        fmt::format("{}[{}]", root.PathOf(key), selectors.size())));
  }
  return selectors;
}

std::vector<Override> ReadOverrides(JsonObject& root,
                                    const std::vector<Axis>& axes) {
  std::vector<Override> overrides;
  for (const Json& json : ReadList(root, "overrides")) {
    const std::string where =
        fmt::format("{}[{}]", root.PathOf("overrides"), overrides.size());
    JsonObject object(json, where);
    Override override;
    override.when =
        ReadSelector(object.Raw("when"), axes, object.PathOf("when"));
    override.recipe = object.GetOr<std::string>("recipe", "");
    if (object.Has("set")) {
      override.settings = ReadSettings(RequireObject(object, "set"));
    }
    object.Finish();
    overrides.push_back(std::move(override));
  }
  return overrides;
}

std::vector<std::vector<std::string>> ReadZipped(
    JsonObject& root, const std::vector<Axis>& axes) {
  std::vector<std::vector<std::string>> zipped;
  std::set<std::string> seen;
  for (const Json& group : ReadList(root, "zip")) {
    const std::string where =
        fmt::format("{}[{}]", root.PathOf("zip"), zipped.size());
    if (!group.is_array() || group.size() < 2) {
      Fail(where, "is not a list of two or more axes");
    }
    std::vector<std::string> names;
    size_t length = 0;
    for (const Json& json : group) {
      names.push_back(LabelOf(json));
      const Axis& axis = FindAxis(axes, names.back(), where);
      if (!seen.insert(axis.name).second) {
        Fail(where, fmt::format("'{}' is zipped twice", axis.name));
      }
      if (length == 0) length = axis.values.size();
      if (axis.values.size() != length) {
        Fail(where,
             fmt::format("'{}' has {} values, but '{}' has {}: zipped axes "
                         "need equally many",
                         names.front(), length, axis.name, axis.values.size()));
      }
    }
    zipped.push_back(std::move(names));
  }
  return zipped;
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
    sweep.probe.emplace_back(name, LabelOf(value));
  }
}

}  // namespace

SweepFile SweepFromJson(const std::string& text,
                        const std::filesystem::path& path) {
  Json tree = ParseJson(text, path.string(), ErrorKind::kConfig);
  JsonObject root(tree, path.string());
  SweepFile sweep;
  sweep.path = path;
  sweep.name = root.GetOr<std::string>("name", path.stem().string());
  sweep.about = root.GetOr<std::string>("about", "");
  ReadRecipe(root, sweep);
  if (root.Has("set"))
    sweep.settings = ReadSettings(RequireObject(root, "set"));
  sweep.axes = ReadAxes(root);
  sweep.zipped = ReadZipped(root, sweep.axes);
  sweep.excluded = ReadSelectors(root, "exclude", sweep.axes);
  sweep.included = ReadSelectors(root, "include", sweep.axes);
  sweep.overrides = ReadOverrides(root, sweep.axes);
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
