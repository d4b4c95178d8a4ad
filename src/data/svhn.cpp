// Street View House Numbers, cropped digits: X [32, 32, 3, N] in Fortran order,
// y from 1 to 10, where 10 is the digit 0.
#include <fmt/format.h>

#include <utility>

#include "mat_file.h"
#include "readers.h"
#include "records.h"

namespace wsel::data {

Dataset OpenSvhn(OpenRequest& request) {
  const std::string name = fmt::format("{}_32x32.mat", NameOf(request.split));
  const auto folder = request.Get({"", "svhn", "SVHN"}, name);
  const MatFile file(folder / name);
  const auto pixels = std::make_shared<const std::vector<uint8_t>>(
      file.Bytes("X", {32, 32, 3}));
  std::vector<int32_t> labels;
  for (const int64_t digit : file.Integers("y", 0, 10)) {
    labels.push_back(static_cast<int32_t>(digit % 10));
  }
  return DatasetOfRecords(request.Name(),
                          {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
                          std::move(labels), {{name, *pixels, pixels}},
                          {PixelLayout::kColumnPlanes, 32});
}

}  // namespace wsel::data
