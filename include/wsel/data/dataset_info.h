// Torch-free.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "wsel/core/error.h"

namespace wsel::data {

enum class DatasetKind {
  kCifar10,
  kCifar100,
  kStl10,
  kSvhn,
  kFlowers102,
  kPets,
  kFood101,
  kDtd,
  kEuroSat,
  kImageNet1k,
  kFashionMnist,
  kFolder,
};

// What is known about a data set without its files.
struct DatasetInfo {
  DatasetKind kind;
  std::string_view name;   // as in `data.name`: "cifar10"
  std::string_view title;  // "CIFAR-10"
  // The files below torchvision's root.
  std::string_view layout;
  int64_t num_classes;  // 0 here and below: depends on the folder
  int64_t num_train;    // images
  int64_t num_test;
  int image_size;  // width and height in pixels; 0: varies
  std::array<std::string_view, 3> aliases;  // unused ones are empty
};

// All data sets that wsel can open.
std::span<const DatasetInfo> DatasetRegistry();

// Finds a data set by name or alias; case, '-', '_' and spaces are ignored.
// Errors: `error` at `where`, suggesting the nearest name.
const DatasetInfo& FindDataset(std::string_view name, std::string_view where,
                               ErrorKind error = ErrorKind::kUsage);

}  // namespace wsel::data
