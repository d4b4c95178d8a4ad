// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "wsel/data/dataset.h"

namespace wsel::data {

// kTrain is all that the weight-selection paper trains on: for Flowers-102 and
// DTD also the official validation pictures.
enum class Split { kTrain, kTest };

// "train" or "test".
std::string_view NameOf(Split split);

struct OpenOptions {
  // EuroSAT has no official split: its files, in order, are shuffled by this
  // seed; the first 60 % train, the last 20 % test, and the 20 % between them
  // are left for validation, which nothing here reads.
  uint64_t split_seed = 0;
};

// A data set of the table in table.h. `root` is the folder that torchvision
// calls root (it has `cifar-10-batches-py`), or that inner folder itself.
// Pictures, labels, their order and the classes are torchvision's, but for
// three things that only cut or mended copies show: ids of Pets need not be
// contiguous, labels always follow the training split's classes, and hidden
// files are no pictures. Sets of small pictures are held in memory or mapped;
// others are decoded when asked for, and a missing picture shows only then.
// Errors: kUsage for the name; kIo naming every place that was looked at, and
// the layout that was expected; kFormat naming file and line or record;
// kMismatch where the test split has classes that the training split has not.
Dataset OpenDataset(std::string_view name, const std::filesystem::path& root,
                    Split split, const OpenOptions& options = {});

}  // namespace wsel::data
