#include "wsel/sweep/expand.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "combinations.h"
#include "wsel/core/error.h"
#include "wsel/core/sha256.h"
#include "wsel/core/suggest.h"
#include "wsel/core/text_file.h"

namespace wsel::sweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxSlugLength = 80;
// The axis of repetitions.
constexpr std::string_view kSeedAxis = "train.seed";

bool IsKey(const std::string& path) {
  return path.find('.') != std::string::npos;
}

// Template variables: their values in one run, and which of them any run used.
struct Variables {
  std::map<std::string, std::string> values;
  std::set<std::string>& used;

  // The text with every {name} replaced by its value. Errors: kConfig at
  // `where` for an unknown name, with the nearest known one.
  std::string Fill(const std::string& text, const std::string& where) const {
    std::string filled;
    size_t start = 0;
    for (size_t open = text.find('{'); open != std::string::npos;
         open = text.find('{', start)) {
      const size_t close = text.find('}', open);
      if (close == std::string::npos) break;
      const std::string name = text.substr(open + 1, close - open - 1);
      const auto found = values.find(name);
      if (found == values.end()) {
        std::vector<std::string> known;
        for (const auto& [key, value] : values) known.push_back(key);
        throw Error(
            ErrorKind::kConfig, where,
            "'" + text + "': " + Unknown("template variable", name, known));
      }
      used.insert(name);
      filled += text.substr(start, open - start) + found->second;
      start = close + 1;
    }
    return filled + text.substr(start);
  }

  // Fills every string in `value`.
  void Fill(Json& value, const std::string& where) const {
    if (value.is_string()) {
      value = Fill(value.get<std::string>(), where);
    } else if (value.is_structured()) {
      for (Json& part : value) Fill(part, where);
    }
  }
};

// The source of a setting. Anything may replace a setting of kSweep; settings
// of one key by axes and overrides must agree.
enum class SettingSource { kSweep, kAxis, kOverride };

struct Assignment {
  std::string json;
  SettingSource source;
  std::string by;  // the source in messages
};

// Collects everything that one combination sets and fills its templates.
class RunSettings {
 public:
  void Add(const std::vector<Setting>& settings, SettingSource source,
           const std::string& by) {
    for (const Setting& setting : settings) {
      const auto [at, is_new] = assignments_.try_emplace(
          setting.path, Assignment{setting.json, source, by});
      if (is_new) continue;
      Assignment& before = at->second;
      if (before.source != SettingSource::kSweep &&
          before.json != setting.json) {
        throw Error(ErrorKind::kConfig, setting.path,
                    "is set to {} by {} and to {} by {}: remove one of them",
                    before.json, before.by, setting.json, by);
      }
      before = {setting.json, source, by};
    }
  }

  // Adds the template variables, paths without a dot, to `variables`, which has
  // the labels of axes; their values may refer to those labels.
  void AddTo(Variables& variables) const {
    const Variables labels = variables;
    for (const auto& [path, assignment] : assignments_) {
      if (IsKey(path)) continue;
      const Json value = Json::parse(assignment.json);
      variables.values[path] = value.is_string()
                                   ? labels.Fill(value.get<std::string>(), path)
                                   : assignment.json;
    }
  }

  // All other settings as "path=value", for RecipeFromJson.
  std::vector<std::string> Sets(const Variables& variables) const {
    std::vector<std::string> sets;
    for (const auto& [path, assignment] : assignments_) {
      if (!IsKey(path)) continue;
      Json value = Json::parse(assignment.json);
      variables.Fill(value, path);
      sets.push_back(path + "=" + value.dump());
    }
    return sets;
  }

 private:
  std::map<std::string, Assignment> assignments_;
};

std::string Slug(const Labels& labels, const SweepFile& sweep, uint64_t seed) {
  std::string slug;
  for (const auto& [axis, label] : labels) {
    const auto at = std::ranges::find(sweep.axes, axis, &Axis::name);
    if (at->values.size() == 1) continue;
    if (!slug.empty()) slug += '-';
    for (const char c : label) {
      const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                         c == '.' || c == '_' || c == '+';
      slug += plain ? c : '_';
    }
  }
  slug = slug.substr(0, kMaxSlugLength);
  return fmt::format("{}{}s{}", slug, slug.empty() ? "" : "-", seed);
}

// SHA-256 of the settings that affect the results.
std::string Sha256Of(const recipe::Recipe& recipe, const SweepFile& sweep) {
  Json probe = Json::object();
  for (const auto& [name, value] : sweep.probe) probe[name] = value;
  return Sha256Hex(recipe::Identity(recipe) +
                   (sweep.probes ? probe.dump() : ""));
}

std::string ShortDigest(const std::string& sha256) {
  return sha256.substr(0, 8);
}

// Whether two runs of one digest read the same images. Folders are not part of
// it, so that data may move between calls.
bool ReadsSameFolders(const recipe::Recipe& a, const recipe::Recipe& b) {
  return a.data.root == b.data.root &&
         (a.init.calibrate.empty() ||
          a.init.calibrate_root == b.init.calibrate_root);
}

std::string Sha256WithFolders(const PlannedRun& run) {
  return Sha256Hex(fmt::format("{}\n{}\n{}", run.digest, run.recipe.data.root,
                               run.recipe.init.calibrate_root));
}

// A selected student comes from `wsel init`, which has no options for these.
void CheckTeacher(const recipe::Recipe& recipe) {
  if (!recipe.init.select) return;
  const recipe::TeacherFile& teacher = recipe.teacher;
  if (teacher.num_heads != 0) {
    throw Error(ErrorKind::kConfig, "teacher.num_heads",
                "is not used when a sweep selects weights; give teacher.model, "
                "a model with {} heads",
                teacher.num_heads);
  }
  if (!teacher.digest.empty() &&
      recipe.train.distill.method == train::Distillation::kNone) {
    throw Error(ErrorKind::kConfig, "teacher.digest",
                "is not checked when a sweep selects weights without "
                "distillation; leave it out: the student's file records it");
  }
}

// Turns combinations into runs, and records which template variables are used.
class Expander {
 public:
  Expander(const SweepFile& sweep, const std::vector<std::string>& sets)
      : sweep_(sweep), sets_(sets) {}

  PlannedRun Plan(const Combination& combination) {
    PlannedRun run;
    std::string title;
    const auto folder = sweep_.path.parent_path();
    const std::string sweep_dir = folder.empty() ? "." : folder.string();
    // {here}: the old name of {sweep_dir}.
    Variables variables = {{{"sweep_dir", sweep_dir}, {"here", sweep_dir}},
                           used_};
    for (size_t i = 0; i < combination.size(); ++i) {
      const std::string& axis = sweep_.axes[i].name;
      const std::string& label = combination[i]->label;
      variables.values[axis] = label;
      title += fmt::format("{}{}={}", i == 0 ? "" : " ", axis, label);
      if (axis != kSeedAxis) run.labels.emplace_back(axis, label);
    }
    try {
      run.recipe = ReadRecipe(combination, variables);
      CheckTeacher(run.recipe);
    } catch (const Error& e) {
      throw Error(e.kind(), fmt::format("{} ({})", sweep_.path.string(), title),
                  e.what());
    }
    run.slug = Slug(run.labels, sweep_, run.recipe.train.seed);
    return run;
  }

  // Rejects what has no effect: an axis with values that set nothing and that
  // no template or override uses, and a variable that no template uses.
  void CheckUse() const {
    CheckNames(sweep_.settings, "set");
    for (size_t i = 0; i < sweep_.overrides.size(); ++i) {
      CheckNames(sweep_.overrides[i].settings, OverrideName(i));
    }
    for (const Axis& axis : sweep_.axes) {
      bool sets = used_.contains(axis.name) || axis.values.size() == 1;
      for (const AxisValue& value : axis.values) {
        CheckNames(value.settings, axis.name + "." + value.label);
        sets |= !value.settings.empty();
      }
      for (const Override& override : sweep_.overrides) {
        for (const auto& part : override.when) sets |= part.first == axis.name;
      }
      if (sets) continue;
      throw Error(ErrorKind::kConfig,
                  sweep_.path.string() + ".axes." + axis.name,
                  "has no effect: let its values set something, use {{{}}} in "
                  "a template, or name a configuration key",
                  axis.name);
    }
  }

 private:
  static std::string OverrideName(size_t index) {
    return fmt::format("overrides[{}]", index);
  }

  void CheckNames(const std::vector<Setting>& settings,
                  const std::string& by) const {
    for (const Setting& setting : settings) {
      if (IsKey(setting.path) || used_.contains(setting.path)) continue;
      throw Error(ErrorKind::kConfig, sweep_.path.string() + ": " + by,
                  "sets '{0}', which is neither a configuration key "
                  "(section.key) nor used in a template as {{{0}}}",
                  setting.path);
    }
  }

  recipe::Recipe ReadRecipe(const Combination& combination,
                            Variables& variables) {
    RunSettings settings;
    settings.Add(sweep_.settings, SettingSource::kSweep, "set");
    for (size_t i = 0; i < combination.size(); ++i) {
      settings.Add(combination[i]->settings, SettingSource::kAxis,
                   "the axis " + sweep_.axes[i].name);
    }
    std::string file = sweep_.recipe;
    for (size_t i = 0; i < sweep_.overrides.size(); ++i) {
      const Override& override = sweep_.overrides[i];
      if (!Matches(sweep_, combination, override.when)) continue;
      settings.Add(override.settings, SettingSource::kOverride,
                   OverrideName(i));
      if (!override.recipe.empty()) file = override.recipe;
    }
    settings.AddTo(variables);
    auto sets = settings.Sets(variables);
    sets.insert(sets.end(), sets_.begin(), sets_.end());
    if (file.empty()) {
      return recipe::RecipeFromJson(sweep_.inline_recipe, "recipe", sets);
    }
    const auto path =
        sweep_.path.parent_path() / variables.Fill(file, "recipe");
    const auto [text, is_new] = texts_.try_emplace(path);
    if (is_new) text->second = ReadText(path);
    return recipe::RecipeFromJson(text->second, path.string(), sets);
  }

  const SweepFile& sweep_;
  const std::vector<std::string>& sets_;
  std::map<std::filesystem::path, std::string> texts_;  // of recipe files
  std::set<std::string> used_;
};

// Of some ten thousand runs, two may have one short digest.
void RequireNewName(const PlannedRun& run, std::set<std::string>& names,
                    const SweepFile& sweep) {
  if (names.insert(run.name()).second) return;
  throw Error(ErrorKind::kConfig, sweep.path.string(),
              "two of its runs would have the name '{}': give values of an "
              "axis other labels",
              run.name());
}

}  // namespace

std::vector<PlannedRun> Expand(const SweepFile& sweep,
                               const std::vector<std::string>& sets) {
  Expander expander(sweep, sets);
  std::vector<PlannedRun> runs;
  std::map<std::string, size_t> by_sha256;
  std::set<std::string> names;
  for (const Combination& combination : Combinations(sweep)) {
    PlannedRun run = expander.Plan(combination);
    std::string sha256 = Sha256Of(run.recipe, sweep);
    run.digest = ShortDigest(sha256);
    auto [at, is_new] = by_sha256.try_emplace(sha256, runs.size());
    if (!is_new && !ReadsSameFolders(runs[at->second].recipe, run.recipe)) {
      sha256 = Sha256WithFolders(run);
      run.digest = ShortDigest(sha256);
      std::tie(at, is_new) = by_sha256.try_emplace(sha256, runs.size());
    }
    if (is_new) {
      RequireNewName(run, names, sweep);
      runs.push_back(std::move(run));
    } else if (runs[at->second].labels != run.labels) {
      runs[at->second].other_labels.push_back(run.labels);
    }
  }
  expander.CheckUse();
  return runs;
}

}  // namespace wsel::sweep
