#include "dry_run.h"

#include <fmt/format.h>

#include <filesystem>

namespace wsel::cli {

bool ListIfMissing(const std::string& path) {
  if (std::filesystem::exists(path)) return false;
  fmt::print("missing     {}\n", path);
  return true;
}

std::optional<model::Config> DryRunModel(
    const pretrained::CheckpointRequest& checkpoint) {
  const std::optional<model::Config>& given = checkpoint.given.model;
  if (ListIfMissing(checkpoint.file)) {
    return given ? given : pretrained::ModelByFileName(checkpoint.file);
  }
  return FactsOf(Open(checkpoint), checkpoint.given).model;
}

session::SplitSizes DryRunSizes(const data::DataOptions& options,
                                session::Splits splits) {
  session::SizesWithoutFiles(options);  // checks them before anything is listed
  ListIfMissing(options.root.empty() ? "--data-root" : options.root);
  return session::SizesOf(options, splits);
}

std::string CountText(int64_t num_images) {
  return num_images == 0 ? "an unknown number of images"
                         : fmt::format("{} images", num_images);
}

}  // namespace wsel::cli
