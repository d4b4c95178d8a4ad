// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "wsel/data/dataset.h"

namespace wsel::data {

// Consecutive records of equal size, as stored in a file or variable.
struct Records {
  std::string name;  // "data_batch_1"
  std::span<const uint8_t> bytes;
  std::shared_ptr<const void> owner;  // keeps `bytes` alive
};

enum class PixelLayout {
  kGrey,          // rows of one channel
  kRowPlanes,     // three planes of rows (CIFAR)
  kColumnPlanes,  // three planes of columns, as MATLAB writes (STL-10, SVHN)
};

struct RecordLayout {
  PixelLayout pixels = PixelLayout::kRowPlanes;
  int size = 32;      // width and height
  size_t prefix = 0;  // bytes before the pixels of a record

  size_t RecordBytes() const;
};

// Maps a whole file as records named after it. Errors: kIo.
Records MapRecords(const std::filesystem::path& path);

// A data set of all records of `parts`, in order. Errors: kFormat if a part
// does not consist of whole records, if their number is 0 or not that of the
// labels, or if a label is out of range, naming the record.
Dataset DatasetOfRecords(std::string name, std::vector<std::string> classes,
                         std::vector<int32_t> labels,
                         std::vector<Records> parts,
                         const RecordLayout& layout);

}  // namespace wsel::data
