// Torch-free.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "records.h"

namespace wsel::data {

// One of CIFAR's pickled dictionaries.
struct CifarBatch {
  Records images;  // 3,072 bytes each, mapped if the file has them as bytes
  std::vector<int32_t> labels;
};

// `labels_key` is "labels" or "fine_labels". The pickle is parsed as data,
// never executed (see checkpoint/pickle.h); any protocol, lists and arrays are
// read. Errors: kIo; kFormat if the file is not such a dictionary, or its data
// are not bytes of shape [number of labels, 3072] or [..., 3, 32, 32].
CifarBatch ReadCifarBatch(const std::filesystem::path& path,
                          const std::string& labels_key);

// The list of names at `key`. Errors: the same.
std::vector<std::string> ReadCifarClasses(const std::filesystem::path& path,
                                          const std::string& key);

}  // namespace wsel::data
