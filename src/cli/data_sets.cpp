#include "wsel/cli/data_sets.h"

#include <fmt/format.h>

#include "wsel/core/error.h"
#include "wsel/data/cache.h"
#include "wsel/data/open.h"
#include "wsel/data/picture_store.h"
#include "wsel/data/subset.h"
#include "wsel/data/table.h"

namespace wsel::cli {
namespace {

size_t CacheBytes(const data::DataOptions& options) {
  return static_cast<size_t>(options.cache_gb * 1024 * 1024 * 1024);
}

// As it is on disk.
data::Dataset Open(const data::DataOptions& options, data::Split split) {
  data::FindDataset(options.name, "data.name", ErrorKind::kConfig);
  if (options.root.empty()) {
    throw Error(ErrorKind::kUsage, "--data-root",
                fmt::format("is missing: the folder that holds {}; wsel "
                            "datasets shows its layout",
                            options.name));
  }
  const data::Dataset set = data::OpenDataset(
      options.name, options.root, split, {.split_seed = options.split_seed});
  if (options.cache_dir.empty()) return set;
  return data::StoredDecoded(set, options.cache_dir, CacheBytes(options));
}

data::Dataset WithClasses(const data::Dataset& dataset,
                          const data::DataOptions& options) {
  return options.classes.empty() ? dataset
                                 : data::OnlyClasses(dataset, options.classes);
}

void CheckRange(const data::DataOptions& options) {
  if (options.train_range.empty() || options.train_range.size() == 2) return;
  throw Error(ErrorKind::kConfig, "data.train_range",
              "needs two numbers, the first index and the end: [0, 54000]");
}

data::Dataset Cached(const data::Dataset& dataset,
                     const data::DataOptions& options) {
  return data::Cached(dataset, CacheBytes(options));
}

// Of `count` pictures, as many as options.subset asks for.
int64_t SizeOfSubset(const data::DataOptions& options, int64_t count) {
  if (options.subset.empty() || count == 0) return count;
  return data::ParseSubset(options.subset, "data.subset").Of(count);
}

}  // namespace

DataSets OpenDataSets(const data::DataOptions& options) {
  CheckRange(options);
  data::Dataset train = Open(options, data::Split::kTrain);
  // A range counts in the set as it is on disk, before classes are taken.
  if (!options.train_range.empty()) {
    train = data::Range(train, options.train_range[0], options.train_range[1]);
  }
  train = WithClasses(train, options);
  if (!options.subset.empty()) {
    train =
        data::Subset(train, data::ParseSubset(options.subset, "data.subset"),
                     options.subset_seed);
  }
  return {Cached(train, options), OpenTestSet(options)};
}

data::Dataset OpenTestSet(const data::DataOptions& options) {
  return Cached(WithClasses(Open(options, data::Split::kTest), options),
                options);
}

DataSizes SizesWithoutFiles(const data::DataOptions& options) {
  CheckRange(options);
  const auto& facts =
      data::FindDataset(options.name, "data.name", ErrorKind::kConfig);
  DataSizes sizes{facts.train, facts.test, facts.classes};
  if (!options.train_range.empty()) {
    sizes.train = options.train_range[1] - options.train_range[0];
  }
  if (!options.classes.empty()) {
    const auto part = static_cast<int64_t>(options.classes.size());
    // As if every class had as many pictures as any other.
    if (facts.classes > 0) {
      sizes.train = sizes.train * part / facts.classes;
      sizes.test = sizes.test * part / facts.classes;
    }
    sizes.classes = part;
  }
  sizes.train = SizeOfSubset(options, sizes.train);
  return sizes;
}

}  // namespace wsel::cli
