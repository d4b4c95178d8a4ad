#include "wsel/session/dry_run.h"

#include <fmt/format.h>

#include <filesystem>

#include "wsel/recipe/recipe.h"

namespace wsel::session {
bool ListIfMissing(const std::string& path, const Print& print) {
  if (std::filesystem::exists(path)) return false;
  print(fmt::format("missing     {}\n", path));
  return true;
}

std::optional<model::Config> DryRunModel(
    const pretrained::CheckpointRequest& checkpoint, const Print& print) {
  const std::optional<model::Config>& given = checkpoint.given.model;
  if (ListIfMissing(checkpoint.file, print)) {
    return given ? given : pretrained::ModelByFileName(checkpoint.file);
  }
  return FactsOf(Open(checkpoint), checkpoint.given).model;
}

SplitSizes DryRunSizes(const data::DataOptions& options, Splits splits,
                       const Print& print) {
  SizesWithoutFiles(options);  // checks them before anything is listed
  ListIfMissing(
      options.root.empty() ? recipe::FlagOf("data.root") : options.root, print);
  return SizesOf(options, splits);
}

std::string CountText(int64_t num_images) {
  return num_images == 0 ? "an unknown number of images"
                         : fmt::format("{} images", num_images);
}

}  // namespace wsel::session
