// Torch-free.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "wsel/data/dataset_info.h"
#include "wsel/data/open_dataset.h"

namespace wsel::data {

// The arguments of OpenDataset, and the search for the data set's folders.
struct OpenRequest {
  const DatasetInfo& info;
  std::filesystem::path root;
  Split split;
  OpenOptions options;
  std::vector<std::string> tried = {};  // paths that do not exist

  bool train() const { return split == Split::kTrain; }
  std::string Name() const;  // "cifar10 train"

  // The first of `folders`, relative to the root ("": the root itself), that
  // contains `wanted`, a file or folder.
  std::optional<std::filesystem::path> Find(
      const std::vector<std::string>& folders, const std::string& wanted);
  // The same. Errors: kIo with all paths tried so far.
  std::filesystem::path Get(const std::vector<std::string>& folders,
                            const std::string& wanted);
};

// One reader per layout on disk. Errors: as OpenDataset.
Dataset OpenFashionMnist(OpenRequest& request);
Dataset OpenFolder(OpenRequest& request);
Dataset OpenImageNet(OpenRequest& request);
// OpenOptions::labels.
Dataset OpenListedFiles(OpenRequest& request);
Dataset OpenEuroSat(OpenRequest& request);
Dataset OpenCifar10(OpenRequest& request);
Dataset OpenCifar100(OpenRequest& request);
Dataset OpenStl10(OpenRequest& request);
Dataset OpenSvhn(OpenRequest& request);
Dataset OpenFlowers102(OpenRequest& request);
Dataset OpenPets(OpenRequest& request);
Dataset OpenFood101(OpenRequest& request);
Dataset OpenDtd(OpenRequest& request);

}  // namespace wsel::data
