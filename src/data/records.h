// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "wsel/data/dataset.h"

namespace wsel::data {

// Records of one size, one after another, as a file or a variable holds them.
struct Records {
  std::string name;  // "data_batch_1"
  std::span<const uint8_t> bytes;
  std::shared_ptr<const void> owner;  // keeps `bytes` alive
};

enum class Pixels {
  kGrey,          // rows of one channel
  kRowPlanes,     // three planes of rows (CIFAR)
  kColumnPlanes,  // three planes of columns, as MATLAB writes (STL-10, SVHN)
};

struct RecordLayout {
  Pixels pixels = Pixels::kRowPlanes;
  int size = 32;      // width and height
  size_t prefix = 0;  // bytes of a record before its pixels

  size_t PixelBytes() const;
  size_t RecordBytes() const { return prefix + PixelBytes(); }
};

// A data set over all records of `parts`, in order. The parts hold whole
// records, as many as there are labels. Errors: kFormat where that is not so,
// where there is none, or where a label is no class, naming the record.
Dataset OfRecords(std::string name, std::vector<std::string> classes,
                  std::vector<int32_t> labels, std::vector<Records> parts,
                  const RecordLayout& layout);

}  // namespace wsel::data
