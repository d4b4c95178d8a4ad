// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "wsel/data/dataset.h"

namespace wsel::data {

// kTrain is what the weight-selection paper trains on: for Flowers-102 and DTD
// it includes the official validation images.
enum class Split { kTrain, kTest };

// "train" or "test".
std::string_view NameOf(Split split);

struct OpenOptions {
  // EuroSAT has no official split: its sorted files are shuffled with this
  // seed; the first 60 % are train, the last 20 % test, and the 20 % between,
  // meant for validation, are unused.
  uint64_t split_seed = 0;
};

// Opens a data set of DatasetRegistry(). `root` is torchvision's root (the
// parent of `cifar-10-batches-py`), or that inner folder itself. Images,
// labels, their order and the classes are torchvision's, with three exceptions
// that matter only for modified copies: ids of Pets need not be contiguous,
// labels always follow the training split's classes, and hidden files are
// ignored. Names of classes and files that are not UTF-8 are escaped
// (EscapeInvalidUtf8): they are written to JSON. Data sets of small images are
// read or mapped whole; others are decoded on access, which is also when a
// missing image is noticed. Errors: kUsage for the name; kIo naming all paths
// tried and the expected layout; kFormat naming file and line or record;
// kMismatch if the test split has classes that the training split lacks.
Dataset OpenDataset(std::string_view name, const std::filesystem::path& root,
                    Split split, const OpenOptions& options = {});

}  // namespace wsel::data
