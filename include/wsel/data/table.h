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

// What is known of a data set without its files.
struct DatasetFacts {
  DatasetKind kind;
  std::string_view name;   // what users call it: "cifar10"
  std::string_view title;  // "CIFAR-10"
  // Its files, below the root that torchvision calls root.
  std::string_view layout;
  int64_t classes;  // 0: as the folder has it, so for all numbers
  int64_t train;    // pictures
  int64_t test;
  int native_size;  // width and height in pixels; 0: they differ
  std::array<std::string_view, 3> aliases;  // empty where there are fewer
};

// The one table of the data sets that wsel reads.
std::span<const DatasetFacts> Datasets();

// By name or alias; capitals, '-', '_' and spaces make no difference. Errors:
// `error`, with the nearest known name, at `where`.
const DatasetFacts& FindDataset(std::string_view name, std::string_view where,
                                ErrorKind error = ErrorKind::kUsage);

}  // namespace wsel::data
