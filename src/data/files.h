// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/data/dataset.h"
#include "wsel/image/decode.h"

namespace wsel::data {

// Pictures that are files below one folder, decoded when asked for. The type
// of Dataset::picture in such a set, so that a check can ask it for more.
struct FilePicture {
  std::filesystem::path folder;
  std::shared_ptr<const std::vector<std::string>> names;  // below the folder

  image::Decoded Decode(int64_t i) const;
  image::Image operator()(int64_t i) const { return Decode(i).image; }
};

// A data set of `names` below `folder`, with a label each. Errors: kFormat
// where there is none.
Dataset OfFiles(std::string name, std::vector<std::string> classes,
                const std::filesystem::path& folder,
                std::vector<std::string> names, std::vector<int32_t> labels);

// `name` as a list names it at `where`. Errors: kFormat where it could lead out
// of the set's folder ("../../etc/passwd"), or is empty.
std::string InsideName(std::string_view name, const std::string& where);

}  // namespace wsel::data
