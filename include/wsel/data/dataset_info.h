// Torch-free.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "wsel/core/error.h"

namespace wsel::data {

struct Dataset;
struct OpenRequest;

// What is known about a data set without its files.
struct DatasetInfo {
  std::string_view name;   // as in `data.name`: "cifar10"
  std::string_view title;  // "CIFAR-10"
  int64_t num_classes;     // 0 here and below: depends on the folder
  int64_t num_train;       // images
  int64_t num_test;
  int image_size;  // width and height in pixels; 0: varies
  Dataset (*read)(OpenRequest& request);  // for OpenDataset
  std::string_view aliases;               // separated by commas
  std::string_view layout;                // the files below torchvision's root
};

// All data sets that wsel can open.
std::span<const DatasetInfo> DatasetRegistry();

// Finds a data set by name or alias; case, '-', '_' and spaces are ignored.
// Errors: `error` at `where`, suggesting the nearest name.
const DatasetInfo& FindDataset(std::string_view name, std::string_view where,
                               ErrorKind error = ErrorKind::kUsage);

}  // namespace wsel::data
