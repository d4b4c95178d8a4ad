#include "wsel/sweep/expand.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "wsel/core/error.h"
#include "wsel/core/sha256.h"
#include "wsel/core/text_file.h"
#include "wsel/sweep/combinations.h"
#include "wsel/sweep/template.h"

namespace wsel::sweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLongestSlug = 80;

// Who says what: of two that speak of one value, the later kind wins, and two
// of a kind, or an override against an axis, must agree.
enum class Voice { kSweep, kAxis, kOverride };

struct Said {
  std::string json;
  Voice voice;
  std::string by;
};

// Everything that one combination sets, before and after templates are filled.
class RunSettings {
 public:
  void Add(const std::vector<Setting>& settings, Voice voice,
           const std::string& by) {
    for (const Setting& setting : settings) {
      const auto [at, is_new] =
          said_.try_emplace(setting.path, Said{setting.json, voice, by});
      if (is_new) continue;
      Said& before = at->second;
      if (before.voice != Voice::kSweep && before.json != setting.json) {
        throw Error(
            ErrorKind::kConfig, setting.path,
            fmt::format("is set to {} by {} and to {} by {}: let one of them "
                        "say it",
                        before.json, before.by, setting.json, by));
      }
      before = {setting.json, voice, by};
    }
  }

  // Adds the names for templates, those without a dot, to the labels' names,
  // which they may use themselves.
  void AddNames(std::map<std::string, std::string>& names,
                std::set<std::string>& used) const {
    const auto labels = names;
    for (const auto& [path, said] : said_) {
      if (path.find('.') != std::string::npos) continue;
      const Json value = Json::parse(said.json);
      names[path] = value.is_string() ? FillTemplate(value.get<std::string>(),
                                                     labels, path, used)
                                      : said.json;
    }
  }

  // "path=value" of the rest, as RecipeFromJson takes them.
  std::vector<std::string> Sets(const std::map<std::string, std::string>& names,
                                std::set<std::string>& used) const {
    std::vector<std::string> sets;
    for (const auto& [path, said] : said_) {
      if (path.find('.') == std::string::npos) continue;
      Json value = Json::parse(said.json);
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

  std::map<std::string, Said> said_;
};

// Reads each recipe's file once.
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
          return candidate.name == axis && candidate.points.size() > 1;
        });
    if (!varies) continue;
    if (!slug.empty()) slug += '-';
    for (const char c : label) {
      const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                         c == '.' || c == '_' || c == '+';
      slug += plain ? c : '_';
    }
  }
  slug = slug.substr(0, kLongestSlug);
  return fmt::format("{}{}s{}", slug, slug.empty() ? "" : "-", seed);
}

std::string DigestOf(const recipe::Recipe& recipe, const SweepFile& sweep) {
  Json probe = Json::object();
  for (const auto& [name, value] : sweep.probe) probe[name] = value;
  const std::string text =
      recipe::Identity(recipe) + (sweep.probes ? probe.dump() : "");
  return Sha256Hex(text).substr(0, 8);
}

// Turns combinations into runs, and notes which names did anything.
class Expander {
 public:
  Expander(const SweepFile& sweep, const std::vector<std::string>& sets)
      : sweep_(sweep), sets_(sets) {}

  PlannedRun Plan(const Combination& combination) {
    PlannedRun run;
    std::string title;
    std::map<std::string, std::string> names = {{"here", Here()}};
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

  // What no run asks for is a mistake: an axis of mere labels that is in no
  // template and no override, a name that is in no template.
  void CheckUse() const {
    CheckNames(sweep_.settings, "set");
    for (const Axis& axis : sweep_.axes) {
      for (const Point& point : axis.points) {
        CheckNames(point.settings, axis.name + "." + point.label);
      }
      bool sets = used_.contains(axis.name) || axis.points.size() == 1;
      for (const Point& point : axis.points) sets |= !point.settings.empty();
      for (const Override& override : sweep_.overrides) {
        for (const auto& part : override.when) sets |= part.first == axis.name;
      }
      if (sets) continue;
      throw Error(
          ErrorKind::kConfig, sweep_.path.string() + ".axes." + axis.name,
          fmt::format("changes nothing: give its points what they set, use "
                      "{{{}}} in a template, or name a path of the "
                      "configuration",
                      axis.name));
    }
  }

 private:
  // The folder of the sweep's file.
  std::string Here() const {
    const auto folder = sweep_.path.parent_path();
    return folder.empty() ? "." : folder.string();
  }

  void CheckNames(const std::vector<Setting>& settings,
                  const std::string& by) const {
    for (const Setting& setting : settings) {
      const std::string& path = setting.path;
      if (path.find('.') != std::string::npos || used_.contains(path)) continue;
      throw Error(ErrorKind::kConfig, sweep_.path.string() + ": " + by,
                  fmt::format("sets '{0}', which is no path of the "
                              "configuration (section.key), and no template "
                              "has {{{0}}}",
                              path));
    }
  }

  recipe::Recipe ReadRecipe(const Combination& combination,
                            std::map<std::string, std::string>& names) {
    RunSettings settings;
    settings.Add(sweep_.settings, Voice::kSweep, "set");
    for (size_t i = 0; i < combination.size(); ++i) {
      settings.Add(combination[i]->settings, Voice::kAxis,
                   "the axis " + sweep_.axes[i].name);
    }
    std::string file = sweep_.recipe;
    for (size_t i = 0; i < sweep_.overrides.size(); ++i) {
      const Override& override = sweep_.overrides[i];
      if (!Matches(sweep_, combination, override.when)) continue;
      const std::string by = fmt::format("overrides[{}]", i);
      settings.Add(override.settings, Voice::kOverride, by);
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
      runs[at->second].also.push_back(run.labels);
    }
  }
  expander.CheckUse();
  return runs;
}

}  // namespace wsel::sweep
