// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/core/registry.h"
#include "wsel/data/multi_label.h"

namespace wsel::data {

// Which images choose the best weights of a training.
enum class Validation {
  // Those of val_split, or the data set's own validation split; without either
  // the test split.
  kAuto,
  kTest,  // the test split, as the paper does; of folders, val before test
};
// auto, test
const Registry<Validation>& Validations();

// Which images a run uses, and how they are loaded.
struct DataOptions {
  std::string name;  // in DatasetRegistry()
  std::string root;  // the folder that holds the data set
  // Index range [first, end) of the training images to use; {}: all.
  std::vector<int64_t> train_range;
  std::vector<std::string> classes;  // only these, relabelled; {}: all
  // How many of these, with the classes' proportions: a number, fraction or
  // percentage; "": all.
  std::string subset;
  bool subset_balanced = false;  // equally many of each class
  uint64_t subset_seed = 0;
  // Of EuroSAT, which has no official split, and of val_split.
  uint64_t split_seed = 0;
  // A fraction of the training images (after range and classes, before the
  // subset) that is held out for validation; 0: none.
  double val_split = 0;
  Validation validation = Validation::kAuto;
  std::string labels;                         // OpenOptions::labels
  MultiLabel multi_label = MultiLabel::kOff;  // OpenOptions::multi_label
  bool labels_optional = false;               // OpenOptions::labels_optional
  int64_t workers = -1;  // loader threads; -1: one per processor
  double cache_gib = 2;  // GiB that each cache of decoded images may take
  // A folder where runs share decoded images and teacher outputs; "": none.
  std::string cache_dir;
  bool skip_corrupt = false;
  // Not an option, but the model's: OpenOptions::in_chans.
  int64_t in_chans = 3;
};

}  // namespace wsel::data
