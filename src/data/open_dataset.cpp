#include "wsel/data/open_dataset.h"

#include <fmt/format.h>

#include <stdexcept>

#include "readers.h"

namespace wsel::data {

std::string_view NameOf(Split split) {
  return split == Split::kTrain ? "train" : "test";
}

std::string OpenRequest::Name() const {
  return fmt::format("{} {}", info.name, NameOf(split));
}

Dataset OpenDataset(std::string_view name, const std::filesystem::path& root,
                    Split split, const OpenOptions& options) {
  const OpenRequest request{FindDataset(name, ""), root, split, options};
  switch (request.info.kind) {
    case DatasetKind::kCifar10:
    case DatasetKind::kCifar100:
      return OpenCifar(request);
    case DatasetKind::kStl10:
      return OpenStl10(request);
    case DatasetKind::kSvhn:
      return OpenSvhn(request);
    case DatasetKind::kFlowers102:
      return OpenFlowers102(request);
    case DatasetKind::kPets:
      return OpenPets(request);
    case DatasetKind::kFood101:
      return OpenFood101(request);
    case DatasetKind::kDtd:
      return OpenDtd(request);
    case DatasetKind::kEuroSat:
      return OpenEuroSat(request);
    case DatasetKind::kFashionMnist:
      return OpenFashionMnist(request);
    case DatasetKind::kImageNet1k:
    case DatasetKind::kFolder:
      return OpenFolder(request);
  }
  throw std::logic_error("a data set has no reader");
}

}  // namespace wsel::data
