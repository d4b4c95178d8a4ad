// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wsel::data {

// Which images a run uses, and how they are loaded.
struct DataOptions {
  std::string name;  // in DatasetRegistry()
  std::string root;  // the folder that holds the data set
  // Index range [first, end) of the training images to use; {}: all.
  std::vector<int64_t> train_range;
  std::vector<std::string> classes;  // only these, relabelled; {}: all
  // How many of these, balanced by class: a number, fraction or percentage; "":
  // all.
  std::string subset;
  uint64_t subset_seed = 0;
  uint64_t split_seed = 0;  // of EuroSAT, which has no official split
  int64_t workers = -1;     // loader threads; -1: one per processor
  double cache_gib = 2;     // GiB that each cache of decoded images may take
  // A folder where runs share decoded images and teacher outputs; "": none.
  std::string cache_dir;
  bool skip_corrupt = false;
};

}  // namespace wsel::data
