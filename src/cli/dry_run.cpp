#include "dry_run.h"

#include <fmt/format.h>

#include <filesystem>

#include "model_args.h"
#include "wsel/core/error.h"

namespace wsel::cli {

bool ListIfMissing(const std::string& path) {
  if (std::filesystem::exists(path)) return false;
  fmt::print("missing     {}\n", path);
  return true;
}

std::optional<model::Config> DryRunModel(const std::string& path) {
  if (!ListIfMissing(path)) return RequireModel(OpenPretrained(path)).config;
  try {
    return NamedModel(std::filesystem::path(path).stem().string());
  } catch (const Error&) {
    return std::nullopt;
  }
}

SplitSizes DryRunSizes(const data::DataOptions& options, Splits splits) {
  const SplitSizes known = SizesWithoutFiles(options);
  const std::string& root = options.root;
  if (ListIfMissing(root.empty() ? "--data-root" : root)) return known;
  if (splits == Splits::kTest) {
    const data::Dataset test = OpenTestSplit(options);
    return {known.train, test.size(),
            static_cast<int64_t>(test.classes.size())};
  }
  const DataSplits opened = OpenSplits(options);
  return {opened.train.size(), opened.test.size(),
          static_cast<int64_t>(opened.train.classes.size())};
}

std::string CountText(int64_t num_images) {
  return num_images == 0 ? "an unknown number of images"
                         : fmt::format("{} images", num_images);
}

}  // namespace wsel::cli
