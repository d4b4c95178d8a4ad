#include "wsel/session/open_splits.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>

#include "wsel/core/error.h"
#include "wsel/data/cache.h"
#include "wsel/data/dataset_info.h"
#include "wsel/data/open_dataset.h"
#include "wsel/data/subset.h"

namespace wsel::session {
namespace {

size_t CacheBytes(const data::DataOptions& options) {
  return static_cast<size_t>(options.cache_gib * 1024 * 1024 * 1024);
}

// The whole split, as it is on disk.
data::Dataset Open(const data::DataOptions& options, data::Split split) {
  data::FindDataset(options.name, "data.name", ErrorKind::kConfig);
  if (options.root.empty()) {
    throw Error(ErrorKind::kUsage, "data_root",
                "is missing: the folder that holds {}; see wsel datasets for "
                "its layout",
                options.name);
  }
  const data::Dataset set = data::OpenDataset(
      options.name, options.root, split, {.split_seed = options.split_seed});
  if (!set.note.empty()) spdlog::warn("{}: {}", set.name, set.note);
  if (options.cache_dir.empty()) return set;
  return data::CachedOnDisk(set, options.cache_dir, CacheBytes(options));
}

data::Dataset WithClasses(const data::Dataset& dataset,
                          const data::DataOptions& options) {
  return options.classes.empty() ? dataset
                                 : data::OnlyClasses(dataset, options.classes);
}

void CheckRange(const data::DataOptions& options) {
  if (options.train_range.empty() || options.train_range.size() == 2) return;
  throw Error(ErrorKind::kConfig, "data.train_range",
              "needs two values, the first index and the end: [0, 54000]");
}

data::Dataset Cached(const data::Dataset& dataset,
                     const data::DataOptions& options) {
  return data::CachedInMemory(dataset, CacheBytes(options));
}

// How many of `count` images options.subset keeps.
int64_t SubsetSize(const data::DataOptions& options, int64_t count) {
  if (options.subset.empty() || count == 0) return count;
  return data::ParseSubset(options.subset, "data.subset").Of(count);
}

}  // namespace

DataSplits OpenSplits(const data::DataOptions& options) {
  return {OpenTrainSplit(options), OpenTestSplit(options)};
}

data::Dataset OpenTrainSplit(const data::DataOptions& options) {
  CheckRange(options);
  data::Dataset train = Open(options, data::Split::kTrain);
  // A range indexes the split on disk, before classes are filtered.
  if (!options.train_range.empty()) {
    train = data::Range(train, options.train_range[0], options.train_range[1]);
  }
  train = WithClasses(train, options);
  if (!options.subset.empty()) {
    train =
        data::Subset(train, data::ParseSubset(options.subset, "data.subset"),
                     options.subset_seed);
  }
  return Cached(train, options);
}

data::Dataset OpenTestSplit(const data::DataOptions& options) {
  return Cached(WithClasses(Open(options, data::Split::kTest), options),
                options);
}

SplitSizes SizesWithoutFiles(const data::DataOptions& options) {
  CheckRange(options);
  const auto& info =
      data::FindDataset(options.name, "data.name", ErrorKind::kConfig);
  SplitSizes sizes{info.num_train, info.num_test, info.num_classes};
  if (!options.train_range.empty()) {
    sizes.train = options.train_range[1] - options.train_range[0];
  }
  if (!options.classes.empty()) {
    const auto kept = static_cast<int64_t>(options.classes.size());
    // Assumes balanced classes.
    if (info.num_classes > 0) {
      sizes.train = sizes.train * kept / info.num_classes;
      sizes.test = sizes.test * kept / info.num_classes;
    }
    sizes.classes = kept;
  }
  sizes.class_names = options.classes;
  sizes.class_names.resize(static_cast<size_t>(sizes.classes));
  sizes.train = SubsetSize(options, sizes.train);
  return sizes;
}

SplitSizes SizesOf(const data::DataOptions& options, Splits splits) {
  const SplitSizes known = SizesWithoutFiles(options);
  if (!std::filesystem::exists(options.root)) return known;
  if (splits == Splits::kTest) {
    const data::Dataset test = OpenTestSplit(options);
    return {known.train, test.size(), static_cast<int64_t>(test.classes.size()),
            test.classes};
  }
  const DataSplits opened = OpenSplits(options);
  return {opened.train.size(), opened.test.size(),
          static_cast<int64_t>(opened.train.classes.size()),
          opened.train.classes};
}

}  // namespace wsel::session
