#include "wsel/sweep/expand.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "combinations.h"
#include "template.h"
#include "wsel/core/error.h"
#include "wsel/core/sha256.h"
#include "wsel/core/text_file.h"

namespace wsel::sweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxSlugLength = 80;

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
        throw Error(
            ErrorKind::kConfig, setting.path,
            fmt::format("is set to {} by {} and to {} by {}: remove one of "
                        "them",
                        before.json, before.by, setting.json, by));
      }
      before = {setting.json, source, by};
    }
  }

  // Adds the template variables, paths without a dot, to `names`, which has the
  // labels of axes; their values may refer to those labels.
  void AddNames(std::map<std::string, std::string>& names,
                std::set<std::string>& used) const {
    const auto labels = names;
    for (const auto& [path, assignment] : assignments_) {
      if (path.find('.') != std::string::npos) continue;
      const Json value = Json::parse(assignment.json);
      names[path] = value.is_string() ? FillTemplate(value.get<std::string>(),
                                                     labels, path, used)
                                      : assignment.json;
    }
  }

  // All other settings as "path=value", for RecipeFromJson.
  std::vector<std::string> Sets(const std::map<std::string, std::string>& names,
                                std::set<std::string>& used) const {
    std::vector<std::string> sets;
    for (const auto& [path, assignment] : assignments_) {
      if (path.find('.') == std::string::npos) continue;
      Json value = Json::parse(assignment.json);
      Fill(value, names, path, used);
      sets.push_back(path + "=" + value.dump());
    }
    return sets;
  }

 private:
  static void Fill(Json& value, const std::map<std::string, std::string>& names,
                   const std::string& path, std::set<std::string>& used) {
    if (value.is_string()) {
      value = FillTemplate(value.get<std::string>(), names, path, used);
    } else if (value.is_structured()) {
      for (Json& part : value) Fill(part, names, path, used);
    }
  }

  std::map<std::string, Assignment> assignments_;
};

// Reads each recipe file once.
class RecipeTexts {
 public:
  const std::string& Of(const std::filesystem::path& path) {
    const auto found = texts_.find(path);
    if (found != texts_.end()) return found->second;
    return texts_.emplace(path, ReadText(path)).first->second;
  }

 private:
  std::map<std::filesystem::path, std::string> texts_;
};

std::string Slug(const Labels& labels, const SweepFile& sweep, uint64_t seed) {
  std::string slug;
  for (const auto& [axis, label] : labels) {
    const bool varies = std::any_of(
        sweep.axes.begin(), sweep.axes.end(), [&](const Axis& candidate) {
          return candidate.name == axis && candidate.values.size() > 1;
        });
    if (!varies) continue;
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

std::string DigestOf(const recipe::Recipe& recipe, const SweepFile& sweep) {
  Json probe = Json::object();
  for (const auto& [name, value] : sweep.probe) probe[name] = value;
  const std::string text =
      recipe::Identity(recipe) + (sweep.probes ? probe.dump() : "");
  return Sha256Hex(text).substr(0, 8);
}

// Turns combinations into runs, and records which template variables are used.
class Expander {
 public:
  Expander(const SweepFile& sweep, const std::vector<std::string>& sets)
      : sweep_(sweep), sets_(sets) {}

  PlannedRun Plan(const Combination& combination) {
    PlannedRun run;
    std::string title;
    // {here}: the old name of {sweep_dir}.
    std::map<std::string, std::string> names = {{"sweep_dir", SweepDir()},
                                                {"here", SweepDir()}};
    for (size_t i = 0; i < combination.size(); ++i) {
      const std::string& axis = sweep_.axes[i].name;
      names[axis] = combination[i]->label;
      title += fmt::format("{}{}={}", i == 0 ? "" : " ", axis,
                           combination[i]->label);
      if (axis != kSeedAxis) {
        run.labels.emplace_back(axis, combination[i]->label);
      }
    }
    try {
      run.recipe = ReadRecipe(combination, names);
    } catch (const Error& e) {
      throw Error(e.kind(), fmt::format("{} ({})", sweep_.path.string(), title),
                  e.what());
    }
    run.slug = Slug(run.labels, sweep_, run.recipe.train.seed);
    run.digest = DigestOf(run.recipe, sweep_);
    return run;
  }

  // Rejects what has no effect: an axis whose values set nothing and that no
  // template or override uses, and a variable that no template uses.
  void CheckUse() const {
    CheckNames(sweep_.settings, "set");
    for (const Axis& axis : sweep_.axes) {
      for (const AxisValue& value : axis.values) {
        CheckNames(value.settings, axis.name + "." + value.label);
      }
      bool sets = used_.contains(axis.name) || axis.values.size() == 1;
      for (const AxisValue& value : axis.values) {
        sets |= !value.settings.empty();
      }
      for (const Override& override : sweep_.overrides) {
        for (const auto& part : override.when) sets |= part.first == axis.name;
      }
      if (sets) continue;
      throw Error(
          ErrorKind::kConfig, sweep_.path.string() + ".axes." + axis.name,
          fmt::format("has no effect: let its values set something, use {{{}}} "
                      "in a template, or name a configuration key",
                      axis.name));
    }
  }

 private:
  // The folder of the sweep file.
  std::string SweepDir() const {
    const auto folder = sweep_.path.parent_path();
    return folder.empty() ? "." : folder.string();
  }

  void CheckNames(const std::vector<Setting>& settings,
                  const std::string& by) const {
    for (const Setting& setting : settings) {
      const std::string& path = setting.path;
      if (path.find('.') != std::string::npos || used_.contains(path)) continue;
      throw Error(ErrorKind::kConfig, sweep_.path.string() + ": " + by,
                  fmt::format("sets '{0}', which is neither a configuration "
                              "key (section.key) nor used in a template as "
                              "{{{0}}}",
                              path));
    }
  }

  recipe::Recipe ReadRecipe(const Combination& combination,
                            std::map<std::string, std::string>& names) {
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
      const std::string by = fmt::format("overrides[{}]", i);
      settings.Add(override.settings, SettingSource::kOverride, by);
      if (!override.recipe.empty()) file = override.recipe;
    }
    settings.AddNames(names, used_);
    auto sets = settings.Sets(names, used_);
    sets.insert(sets.end(), sets_.begin(), sets_.end());
    if (file.empty()) {
      return recipe::RecipeFromJson(sweep_.inline_recipe, "recipe", sets);
    }
    const auto path =
        sweep_.path.parent_path() / FillTemplate(file, names, "recipe", used_);
    return recipe::RecipeFromJson(texts_.Of(path), path.string(), sets);
  }

  const SweepFile& sweep_;
  const std::vector<std::string>& sets_;
  RecipeTexts texts_;
  std::set<std::string> used_;
};

}  // namespace

std::vector<PlannedRun> Expand(const SweepFile& sweep,
                               const std::vector<std::string>& sets) {
  Expander expander(sweep, sets);
  std::vector<PlannedRun> runs;
  std::map<std::string, size_t> by_digest;
  for (const Combination& combination : Combinations(sweep)) {
    PlannedRun run = expander.Plan(combination);
    const auto [at, is_new] = by_digest.try_emplace(run.digest, runs.size());
    if (is_new) {
      runs.push_back(std::move(run));
    } else if (runs[at->second].labels != run.labels) {
      runs[at->second].other_labels.push_back(run.labels);
    }
  }
  expander.CheckUse();
  return runs;
}

}  // namespace wsel::sweep
