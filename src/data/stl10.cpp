// STL-10: images as bytes [N, 3, column, row], labels from 1.

#include <utility>

#include "find_root.h"
#include "mapped_records.h"
#include "readers.h"

namespace wsel::data {
namespace {

const std::vector<std::string> kClasses = {
    "airplane", "bird",  "car",    "cat",  "deer",
    "dog",      "horse", "monkey", "ship", "truck"};

}  // namespace

Dataset OpenStl10(const OpenRequest& request) {
  const std::string start(NameOf(request.split));
  Search search(request.info, request.root);
  const auto folder = search.Get({"stl10_binary", ""}, start + "_X.bin");
  const Records labels_file = MapRecords(folder / (start + "_y.bin"));
  std::vector<int32_t> labels;
  for (const uint8_t label : labels_file.bytes) labels.push_back(label - 1);
  return DatasetOfRecords(request.Name(), kClasses, std::move(labels),
                          {MapRecords(folder / (start + "_X.bin"))},
                          {PixelLayout::kColumnPlanes, 96});
}

}  // namespace wsel::data
