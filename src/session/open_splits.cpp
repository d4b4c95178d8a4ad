#include "wsel/session/open_splits.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cmath>
#include <filesystem>
#include <utility>

#include "wsel/core/check.h"
#include "wsel/core/error.h"
#include "wsel/data/cache.h"
#include "wsel/data/dataset_info.h"
#include "wsel/data/hold_out.h"
#include "wsel/data/open_dataset.h"
#include "wsel/data/subset.h"

namespace wsel::session {
namespace {

size_t CacheBytes(const data::DataOptions& options) {
  return static_cast<size_t>(options.cache_gib * 1024 * 1024 * 1024);
}

data::OpenOptions OpenOptionsOf(const data::DataOptions& options) {
  return {.split_seed = options.split_seed,
          .labels = options.labels,
          .val_is_test = options.validation == data::Validation::kTest,
          .multi_label = options.multi_label,
          .labels_optional = options.labels_optional,
          .in_chans = options.in_chans};
}

void RequireRoot(const data::DataOptions& options) {
  data::FindDataset(options.name, "data.name", ErrorKind::kConfig);
  if (!options.root.empty()) return;
  throw Error(ErrorKind::kUsage, "data_root",
              "is missing: the folder that holds {}; see wsel datasets for "
              "its layout",
              options.name);
}

data::OtherSplits OthersOf(const data::DataOptions& options) {
  RequireRoot(options);
  return data::FindOtherSplits(options.name, options.root,
                               OpenOptionsOf(options));
}

// The whole split, as it is on disk.
data::Dataset Open(const data::DataOptions& options, data::Split split) {
  RequireRoot(options);
  data::Dataset set = data::OpenDataset(options.name, options.root, split,
                                        OpenOptionsOf(options));
  if (!set.note.empty()) spdlog::warn("{}: {}", set.name, set.note);
  if (options.cache_dir.empty()) return set;
  return data::CachedOnDisk(set, options.cache_dir, CacheBytes(options));
}

data::Dataset WithClasses(const data::Dataset& dataset,
                          const data::DataOptions& options) {
  if (options.classes.empty()) return dataset;
  if (dataset.unlabelled) {
    throw Error(ErrorKind::kUsage, "classes",
                "needs labels, and the images in {} have none; leave it out",
                options.root);
  }
  return data::OnlyClasses(dataset, options.classes);
}

void CheckOptions(const data::DataOptions& options) {
  if (!options.train_range.empty() && options.train_range.size() != 2) {
    throw Error(ErrorKind::kConfig, "data.train_range",
                "needs two values, the first index and the end: [0, 54000]");
  }
  CheckRealBetween("data.cache_gib", options.cache_gib, 0, 1e6);
  const double held = options.val_split;
  if (!(held >= 0 && held < 1)) {
    throw Error(ErrorKind::kConfig, "data.val_split",
                "is {}; it must be at least 0 and below 1", held);
  }
  if (held > 0 && options.validation == data::Validation::kTest) {
    throw Error(ErrorKind::kConfig, "data.val_split",
                "is {}, and data.validation=test chooses the best weights by "
                "the test split: give only one of them",
                held);
  }
}

data::Dataset Cached(const data::Dataset& dataset,
                     const data::DataOptions& options) {
  return data::CachedInMemory(dataset, CacheBytes(options));
}

data::Dataset WithSubset(const data::Dataset& train,
                         const data::DataOptions& options) {
  if (options.subset.empty()) return train;
  const auto size = data::ParseSubset(options.subset, "data.subset");
  if (options.subset_balanced) {
    return data::Subset(train, size, options.subset_seed);
  }
  data::Dataset part =
      data::ProportionalSubset(train, size, options.subset_seed);
  spdlog::info(
      "{}: with the classes' proportions; data.subset_balanced takes equally "
      "many of each",
      part.name);
  return part;
}

// How many of `count` images options.subset keeps.
int64_t SubsetSize(const data::DataOptions& options, int64_t count) {
  if (options.subset.empty() || count == 0) return count;
  return data::ParseSubset(options.subset, "data.subset").Of(count);
}

// The training split, and what is held out of it.
struct TrainParts {
  data::Dataset train;
  std::optional<data::Dataset> held_out;
};

TrainParts OpenTrainParts(const data::DataOptions& options) {
  CheckOptions(options);
  data::Dataset train = Open(options, data::Split::kTrain);
  // A range indexes the split on disk, before classes are filtered.
  if (!options.train_range.empty()) {
    train = data::Range(train, options.train_range[0], options.train_range[1]);
  }
  train = WithClasses(train, options);
  if (options.val_split == 0) return {WithSubset(train, options), std::nullopt};
  // Before the subset, so that subsets of any size have the same validation.
  auto parts = data::HoldOut(train, options.val_split, options.split_seed);
  return {WithSubset(parts.train, options), std::move(parts.validation)};
}

data::Dataset OpenOther(const data::DataOptions& options, data::Split split) {
  return Cached(WithClasses(Open(options, split), options), options);
}

}  // namespace

DataSplits OpenSplits(const data::DataOptions& options) {
  auto [train, held_out] = OpenTrainParts(options);
  const auto others = OthersOf(options);
  DataSplits splits;
  splits.train = Cached(train, options);
  if (held_out) {
    splits.val = Cached(*held_out, options);
  } else if (others.val) {
    splits.val = OpenOther(options, data::Split::kVal);
  }
  // Without any, the error says what was looked for.
  if (others.test || !splits.val) {
    splits.test = OpenOther(options, data::Split::kTest);
  }
  return splits;
}

data::Dataset OpenTrainSplit(const data::DataOptions& options) {
  return Cached(OpenTrainParts(options).train, options);
}

data::Dataset OpenTestSplit(const data::DataOptions& options) {
  CheckOptions(options);
  if (options.val_split == 0 || OthersOf(options).test) {
    return OpenOther(options, data::Split::kTest);
  }
  data::DataOptions whole = options;
  whole.subset.clear();
  const auto held_out = OpenTrainParts(whole).held_out.value();
  spdlog::info(
      "{}: the validation images of the run, since there is no test "
      "split",
      held_out.name);
  return Cached(held_out, options);
}

void ResolveValSplit(data::DataOptions& options) {
  if (options.val_split != 0 || options.validation != data::Validation::kAuto ||
      !std::filesystem::exists(options.root)) {
    return;
  }
  const auto others = OthersOf(options);
  if (others.val || (others.test && !others.lacks_val)) return;
  options.val_split = kDefaultValSplit;
  spdlog::warn(
      "{} has {}: {:.0f} % of the training images are held out for validation, "
      "drawn with data.split_seed {}; data.val_split sets the share{}",
      options.root,
      others.test ? "test images and none for validation"
                  : "neither validation nor test images",
      100 * options.val_split, options.split_seed,
      others.test ? ", and data.validation=test chooses the best weights by "
                    "the test images instead"
                  : "");
}

SplitSizes SizesWithoutFiles(const data::DataOptions& options) {
  CheckOptions(options);
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
  sizes.val =
      std::llround(options.val_split * static_cast<double>(sizes.train));
  sizes.train = SubsetSize(options, sizes.train - sizes.val);
  return sizes;
}

SplitSizes SizesOf(const data::DataOptions& options, Splits splits) {
  SplitSizes known = SizesWithoutFiles(options);
  if (!std::filesystem::exists(options.root)) return known;
  if (splits == Splits::kTest) {
    const data::Dataset test = OpenTestSplit(options);
    return {.train = known.train,
            .test = test.size(),
            .classes = static_cast<int64_t>(test.classes.size()),
            .val = known.val,
            .class_names = test.classes,
            .partial_classes = test.partial_classes};
  }
  return SizesOf(OpenSplits(options));
}

SplitSizes SizesOf(const DataSplits& splits) {
  return {.train = splits.train.size(),
          .test = splits.test.size(),
          .classes = static_cast<int64_t>(splits.train.classes.size()),
          .val = splits.val ? splits.val->size() : 0,
          .class_names = splits.train.classes};
}

}  // namespace wsel::session
