// STL-10: images as bytes [N, 3, column, row], labels from 1.

#include <utility>

#include "readers.h"
#include "records.h"

namespace wsel::data {

Dataset OpenStl10(OpenRequest& request) {
  const std::string start(NameOf(request.split));
  const auto folder = request.Get({"stl10_binary", ""}, start + "_X.bin");
  const Records labels_file = MapRecords(folder / (start + "_y.bin"));
  std::vector<int32_t> labels;
  for (const uint8_t label : labels_file.bytes) labels.push_back(label - 1);
  return DatasetOfRecords(request.Name(),
                          {"airplane", "bird", "car", "cat", "deer", "dog",
                           "horse", "monkey", "ship", "truck"},
                          std::move(labels),
                          {MapRecords(folder / (start + "_X.bin"))},
                          {PixelLayout::kColumnPlanes, 96});
}

}  // namespace wsel::data
