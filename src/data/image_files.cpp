#include "image_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "wsel/checkpoint/format_error.h"
#include "wsel/core/error.h"

namespace wsel::data {

image::Decoded ImageFiles::Decode(int64_t i) const {
  return image::DecodeFile(folder / names->at(static_cast<size_t>(i)));
}

Dataset DatasetOfFiles(std::string name, std::vector<std::string> classes,
                       const std::filesystem::path& folder,
                       std::vector<std::string> names,
                       std::vector<int32_t> labels) {
  if (names.empty()) {
    throw Error(ErrorKind::kFormat, folder.string(),
                fmt::format("{} has no images", name));
  }
  const auto shared =
      std::make_shared<const std::vector<std::string>>(std::move(names));
  Dataset dataset;
  dataset.name = std::move(name);
  dataset.classes = std::move(classes);
  dataset.labels = std::move(labels);
  dataset.image = ImageFiles{folder, shared};
  dataset.filename = [shared](int64_t i) {
    return shared->at(static_cast<size_t>(i));
  };
  return dataset;
}

std::string CheckedName(std::string_view name, const std::string& where) {
  const std::filesystem::path path(name);
  const bool leads_out =
      name.empty() || path.is_absolute() || name.find('\0') != name.npos ||
      std::find(path.begin(), path.end(), "..") != path.end();
  if (leads_out) {
    throw Error(ErrorKind::kFormat, where,
                fmt::format("{} is outside the data set's folder",
                            checkpoint::Quoted(name)));
  }
  return std::string(name);
}

}  // namespace wsel::data
