// Torch-free.
#pragma once

#include <filesystem>
#include <string>

#include "wsel/data/dataset_info.h"
#include "wsel/data/open_dataset.h"

namespace wsel::data {

// The arguments of OpenDataset.
struct OpenRequest {
  const DatasetInfo& info;
  std::filesystem::path root;
  Split split;
  OpenOptions options;

  bool train() const { return split == Split::kTrain; }
  std::string Name() const;  // "cifar10 train"
};

// One reader per layout on disk. Errors: as OpenDataset.
Dataset OpenFashionMnist(const OpenRequest& request);
Dataset OpenFolder(const OpenRequest& request);  // also ImageNet-1K
Dataset OpenEuroSat(const OpenRequest& request);
Dataset OpenCifar(const OpenRequest& request);  // CIFAR-10 and CIFAR-100
Dataset OpenStl10(const OpenRequest& request);
Dataset OpenSvhn(const OpenRequest& request);
Dataset OpenFlowers102(const OpenRequest& request);
Dataset OpenPets(const OpenRequest& request);
Dataset OpenFood101(const OpenRequest& request);
Dataset OpenDtd(const OpenRequest& request);

}  // namespace wsel::data
