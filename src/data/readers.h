// Torch-free.
#pragma once

#include <filesystem>
#include <string>

#include "wsel/data/open.h"
#include "wsel/data/table.h"

namespace wsel::data {

// What OpenDataset hands to the reader of a set.
struct Request {
  const DatasetFacts& facts;
  std::filesystem::path root;
  Split split;
  OpenOptions options;

  bool train() const { return split == Split::kTrain; }
  std::string Title() const;  // "cifar10 train"
};

// One reader for each way that sets lie on a disk; errors as OpenDataset's.
Dataset OpenFashionMnist(const Request& request);
Dataset OpenFolder(const Request& request);  // and ImageNet-1K
Dataset OpenEuroSat(const Request& request);
Dataset OpenCifar(const Request& request);  // both
Dataset OpenStl10(const Request& request);
Dataset OpenSvhn(const Request& request);
Dataset OpenFlowers102(const Request& request);
Dataset OpenPets(const Request& request);
Dataset OpenFood101(const Request& request);
Dataset OpenDtd(const Request& request);

}  // namespace wsel::data
