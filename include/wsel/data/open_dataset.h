// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "wsel/data/dataset.h"
#include "wsel/data/multi_label.h"

namespace wsel::data {

// kTrain is what the weight-selection paper trains on: for Flowers-102 and DTD
// it includes the official validation images. kVal: of a data set of folders or
// of listed files that also has a test split.
enum class Split { kTrain, kVal, kTest };

// "train", "val" or "test".
std::string_view NameOf(Split split);

struct OpenOptions {
  // EuroSAT has no official split: its sorted files are shuffled with this
  // seed; the first 60 % are train, the last 20 % test, and the 20 % between,
  // meant for validation, are unused.
  uint64_t split_seed = 0;
  // A CSV file that lists the images of a data set of folders and their classes
  // (labels_file.h); "": the folders are the classes.
  std::string labels = {};
  // Of a data set of folders with a validation and a test folder, the test
  // split is the validation folder, as in version 0.1.
  bool val_is_test = false;
  // Whether, and how, `labels` gives an image several labels: the result is
  // then multi-label. Images without any are negative ones of every class.
  MultiLabel multi_label = MultiLabel::kOff;
  // The training images of a data set of folders may have no labels: those in
  // train/ without class folders, those below a root without folders of splits,
  // those of a list without a column of labels. Dataset::unlabelled shows it.
  bool labels_optional = false;
  // Channels that the model takes. Images of other numbers than 1 and 3 are
  // those of image files, each of which has exactly so many (DecodeImage).
  int64_t in_chans = 3;
};

// Which splits a data set has beside the training split.
struct OtherSplits {
  bool val = false;  // only if there is also a test split
  bool test = false;
  // Of folders and listed files: there are images for testing and none for
  // validation, nor are the first called so.
  bool lacks_val = false;
};
// Errors: as OpenDataset.
OtherSplits FindOtherSplits(std::string_view name,
                            const std::filesystem::path& root,
                            const OpenOptions& options = {});

// Opens a data set of DatasetRegistry(). `root` is torchvision's root (the
// parent of `cifar-10-batches-py`), or that inner folder itself. Images,
// labels, their order and the classes are torchvision's, with three exceptions
// that matter only for modified copies: ids of Pets need not be contiguous,
// labels always follow the training split's classes, and hidden files are
// ignored. Names of classes and files that are not UTF-8 are escaped
// (EscapeInvalidUtf8): they are written to JSON. Data sets of small images are
// read or mapped whole; others are decoded on access, which is also when a
// missing image is noticed. Errors: kMismatch for other channels of a data set
// that is not of image files; kUsage for the name, for `labels` with a
// data set that has its own, for `multi_label` without `labels`, and for a
// validation split that the data set lacks; kIo naming all paths tried and the
// expected layout; kFormat naming file and line or record; kMismatch if another
// split has classes that the training split lacks.
Dataset OpenDataset(std::string_view name, const std::filesystem::path& root,
                    Split split, const OpenOptions& options = {});

}  // namespace wsel::data
