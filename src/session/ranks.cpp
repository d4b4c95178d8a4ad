#include "wsel/session/ranks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

#include "wsel/core/error.h"
#include "wsel/core/sha256.h"
#include "wsel/run/file_names.h"

namespace wsel::session {
namespace {

namespace fs = std::filesystem;

// Names of files and classes may not be UTF-8.
constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;

// What a rank sees in a folder, as far as it matters before training.
std::string Sight(const run::RunFolder& folder) {
  if (!fs::exists(folder.root() / run::kLockFile)) return "nothing";
  const std::string config =
      folder.HasRun() ? Sha256OfFile(folder.config()).substr(0, 12) : "none";
  return fmt::format("configuration {}, saved state: {}", config,
                     folder.HasState() ? "yes" : "no");
}

// Throws if what this rank has differs from what the first one has.
void RequireNone(const std::vector<std::string>& differences,
                 const std::string& where) {
  if (differences.empty()) return;
  throw Error(ErrorKind::kConfig, where,
              "is another one than that of rank 0; start all ranks with the "
              "same options and files:\n  {}",
              fmt::join(differences, "\n  "));
}

}  // namespace

run::RunFolder OpenFolder(const std::string& output,
                          distributed::ProcessGroup* group) {
  if (group == nullptr) return run::RunFolder(output);
  if (group->IsFirst()) {
    run::RunFolder folder(output);
    group->FromFirst(Sight(folder));
    return folder;
  }
  const std::string first = group->FromFirst("");
  run::RunFolder folder(output, run::RunFolder::ReadOnly{});
  const std::string sight = Sight(folder);
  if (sight == first) return folder;
  throw Error(ErrorKind::kIo, output,
              "is not the same folder on all ranks: {} sees {}, {} sees {}; it "
              "must be on a file system that all machines share",
              group->NameOf(0), first, group->NameOf(group->rank()), sight);
}

void RequireSameRecipe(const recipe::Recipe& recipe,
                       distributed::ProcessGroup& group) {
  const std::string first = group.FromFirst(recipe::ToJson(recipe));
  const auto differences = recipe::Differences(
      recipe::RecipeOfRun(first, "the first rank's recipe"), recipe);
  RequireNone(differences, "recipe");
}

void RequireSame(const std::string& where, const nlohmann::ordered_json& facts,
                 distributed::ProcessGroup& group) {
  const auto mine = facts.flatten();
  const auto first = nlohmann::ordered_json::parse(
      group.FromFirst(mine.dump(-1, ' ', false, kReplace)));
  std::vector<std::string> differences;
  const auto compare = [&](const std::string& path) {
    const auto text = [&](const nlohmann::ordered_json& all) {
      return all.contains(path) ? all[path].dump(-1, ' ', false, kReplace)
                                : "nothing";
    };
    if (text(first) == text(mine)) return;
    std::string name = path.substr(1);
    std::ranges::replace(name, '/', '.');
    differences.push_back(
        fmt::format("{}: {}, here {}", name, text(first), text(mine)));
  };
  for (const auto& [path, value] : first.items()) compare(path);
  for (const auto& [path, value] : mine.items()) {
    if (!first.contains(path)) compare(path);
  }
  RequireNone(differences, where);
}

nlohmann::ordered_json DescribeImages(const data::Dataset& set) {
  Sha256 digest;
  const auto add = [&](std::string_view text) {
    digest.Update(text);
    digest.Update("\n");
  };
  for (const std::string& name : set.classes) add(name);
  for (int64_t i = 0; i < set.size(); ++i) {
    add(set.filename(i));
    const auto index = static_cast<size_t>(i);
    add(std::to_string(set.labels[index]));
    if (set.multi_label()) {
      add(fmt::format("{}", fmt::join(set.label_sets[index], ",")));
    }
  }
  return {{"name", set.name},
          {"images", set.size()},
          {"classes", set.classes.size()},
          {"digest", digest.Hex().substr(0, 12)}};
}

std::string ImagesAndDigest(const data::Dataset& set) {
  const auto images = DescribeImages(set);
  return fmt::format("{} {}", images["images"].get<int64_t>(),
                     images["digest"].get<std::string>());
}

void AdoptAutoOptions(recipe::Recipe& recipe,
                      distributed::ProcessGroup& group) {
  const auto first =
      recipe::RecipeOfRun(group.FromFirst(recipe::ToJson(recipe)),
                          "the first rank's recipe")
          .train;
  recipe.train.precision = first.precision;
  recipe.train.micro_batch = first.micro_batch;
  recipe.train.eval_batch = first.eval_batch;
}

}  // namespace wsel::session
