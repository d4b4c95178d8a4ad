#include "wsel/data/open.h"

#include <fmt/format.h>

#include <stdexcept>

#include "readers.h"

namespace wsel::data {

std::string_view NameOf(Split split) {
  return split == Split::kTrain ? "train" : "test";
}

std::string Request::Title() const {
  return fmt::format("{} {}", facts.name, NameOf(split));
}

Dataset OpenDataset(std::string_view name, const std::filesystem::path& root,
                    Split split, const OpenOptions& options) {
  const Request request{FindDataset(name, ""), root, split, options};
  switch (request.facts.kind) {
    case DatasetKind::kFashionMnist:
      return OpenFashionMnist(request);
    case DatasetKind::kImageNet1k:
    case DatasetKind::kFolder:
      return OpenFolder(request);
    default:
      throw std::logic_error("not yet");
  }
}

}  // namespace wsel::data
