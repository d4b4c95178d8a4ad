#include "wsel/session/ranks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "wsel/core/dump_json.h"
#include "wsel/core/error.h"
#include "wsel/core/sha256.h"
#include "wsel/run/file_names.h"

namespace wsel::session {
namespace {

namespace fs = std::filesystem;

// What a rank sees in a folder, as far as it matters before training.
std::string Sight(const run::RunFolder& folder) {
  if (!fs::exists(folder.root() / run::kLockFile)) return "nothing";
  const std::string config =
      folder.HasRun() ? Sha256OfFile(folder.config()).substr(0, 12) : "none";
  return fmt::format("configuration {}, saved state: {}", config,
                     folder.HasState() ? "yes" : "no");
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
  if (differences.empty()) return;
  throw Error(ErrorKind::kConfig, "recipe",
              "is another one than that of rank 0; start all ranks with the "
              "same options and files:\n  {}",
              fmt::join(differences, "\n  "));
}

void RequireSame(const std::string& what, const Statements& own,
                 distributed::ProcessGroup& group) {
  // Both as JSON, which replaces what is not UTF-8.
  const std::string text = DumpJson(nlohmann::ordered_json(own));
  const std::string first_text = group.FromFirst(text);
  if (text == first_text) return;
  const auto values = nlohmann::json::parse(text).get<Statements>();
  const auto first = nlohmann::json::parse(first_text).get<Statements>();
  std::vector<std::string> differences;
  for (size_t i = 0; i < std::min(values.size(), first.size()); ++i) {
    if (values[i] == first[i]) continue;
    differences.push_back(fmt::format("{}: {}, on rank 0 {}", values[i].first,
                                      values[i].second, first[i].second));
  }
  throw Error(ErrorKind::kConfig, what,
              "is another one than that of rank 0; start all ranks with the "
              "same options and files:\n  {}",
              fmt::join(differences, "\n  "));
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
