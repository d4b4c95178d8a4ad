#include <fnmatch.h>

#include <algorithm>
#include <filesystem>

#include "wsel/core/error.h"
#include "wsel/core/suggest.h"
#include "wsel/sweep/expand.h"

namespace wsel::sweep {
namespace {

bool Matches(const PlannedRun& run, const std::string& pattern) {
  return fnmatch(pattern.c_str(), run.slug.c_str(), 0) == 0 ||
         fnmatch(pattern.c_str(), run.name().c_str(), 0) == 0;
}

}  // namespace

void KeepOnly(const std::vector<std::string>& patterns,
              std::vector<PlannedRun>& runs) {
  if (patterns.empty()) return;
  std::vector<std::string> known;
  for (const PlannedRun& run : runs) known.push_back(run.slug);
  for (const std::string& pattern : patterns) {
    if (std::ranges::none_of(runs, [&](const PlannedRun& run) {
          return Matches(run, pattern);
        })) {
      throw Error(ErrorKind::kUsage, "only", Unknown("run", pattern, known));
    }
  }
  std::erase_if(runs, [&](const PlannedRun& run) {
    return std::ranges::none_of(patterns, [&](const std::string& pattern) {
      return Matches(run, pattern);
    });
  });
}

std::set<std::string> MissingFiles(const std::vector<PlannedRun>& runs) {
  std::set<std::string> missing;
  for (const PlannedRun& run : runs) {
    const recipe::Recipe& recipe = run.recipe;
    for (const std::string& file :
         {recipe.init.file, recipe.teacher.file, recipe.data.root}) {
      if (!file.empty() && !std::filesystem::exists(file)) missing.insert(file);
    }
    if (recipe.data.root.empty()) {
      missing.insert(recipe.data.name + " (data.root)");
    }
  }
  return missing;
}

}  // namespace wsel::sweep
