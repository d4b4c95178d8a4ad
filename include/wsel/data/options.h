// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wsel::data {

// Which pictures a run sees, and how they get into memory.
struct DataOptions {
  std::string name;  // of the table of data sets
  std::string root;  // the folder that holds them
  // First and end index of the training pictures to choose from; {}: all.
  std::vector<int64_t> train_range;
  std::vector<std::string> classes;  // only these, relabelled; {}: all
  // Of the training pictures, balanced by class: a number, a fraction, or a
  // percentage; "": all.
  std::string subset;
  uint64_t subset_seed = 0;
  uint64_t split_seed = 0;  // of EuroSAT, which has no official split
  int64_t workers = -1;     // threads that load; -1: one a processor
  double cache_gb = 2;      // decoded pictures that are kept in memory
  // A folder in which runs share what takes long to make: decoded pictures,
  // and answers of a teacher; "": none.
  std::string cache_dir;
  bool skip_broken = false;
};

}  // namespace wsel::data
