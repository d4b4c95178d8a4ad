#include "wsel/cli/dry_run.h"

#include <fmt/format.h>

#include <filesystem>

#include "wsel/cli/model_args.h"
#include "wsel/core/error.h"

namespace wsel::cli {

bool ListIfAbsent(const std::string& path) {
  if (std::filesystem::exists(path)) return false;
  fmt::print("absent      {}\n", path);
  return true;
}

std::optional<model::Config> DryRunModel(const std::string& path) {
  if (!ListIfAbsent(path)) return RequireModel(OpenWeights(path)).config;
  try {
    return NamedModel(std::filesystem::path(path).stem().string());
  } catch (const Error&) {
    return std::nullopt;
  }
}

DataSizes DryRunSizes(const data::DataOptions& options, Splits splits) {
  const DataSizes known = SizesWithoutFiles(options);
  const std::string& root = options.root;
  if (ListIfAbsent(root.empty() ? "--data-root" : root)) return known;
  if (splits == Splits::kTest) {
    const data::Dataset test = OpenTestSet(options);
    return {known.train, test.size(),
            static_cast<int64_t>(test.classes.size())};
  }
  const DataSets sets = OpenDataSets(options);
  return {sets.train.size(), sets.test.size(),
          static_cast<int64_t>(sets.train.classes.size())};
}

std::string CountText(int64_t pictures) {
  return pictures == 0 ? "an unknown number of pictures"
                       : fmt::format("{} pictures", pictures);
}

}  // namespace wsel::cli
