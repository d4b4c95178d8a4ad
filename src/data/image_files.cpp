#include "image_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "wsel/checkpoint/format_error.h"
#include "wsel/core/error.h"
#include "wsel/data/decode_image.h"

namespace wsel::data {

image::Decoded ImageFiles::Decode(int64_t i,
                                  const image::NeededWindow& needed) const {
  return DecodeImageFile(folder / names->at(static_cast<size_t>(i)), needed,
                         in_chans);
}

image::Image ImageWithWindow(const std::function<image::Image(int64_t)>& image,
                             int64_t i, const image::NeededWindow& needed) {
  if (const auto* files = image.target<ImageFiles>()) {
    return files->Decode(i, needed).image;
  }
  if (const auto* images = image.target<ImagesWithWindow>()) {
    return images->get(i, needed);
  }
  return image(i);
}

Dataset DatasetOfFiles(std::string name, std::vector<std::string> classes,
                       const std::filesystem::path& folder,
                       LabelledNames images) {
  if (images.names.empty()) {
    throw Error(ErrorKind::kFormat, folder.string(), "{} has no images", name);
  }
  const auto shared =
      std::make_shared<const std::vector<std::string>>(std::move(images.names));
  const auto filename = [shared](int64_t i) {
    return shared->at(static_cast<size_t>(i));
  };
  return {std::move(name),
          std::move(classes),
          std::move(images.labels),
          ImageFiles{folder, shared, 3},
          filename,
          folder.string()};  // below the root: OpenDataset
}

std::string CheckedName(std::string_view name, const std::string& where) {
  const std::filesystem::path path(name);
  if (name.empty() || path.is_absolute() || name.find('\0') != name.npos ||
      std::find(path.begin(), path.end(), "..") != path.end()) {
    throw Error(ErrorKind::kFormat, where,
                "{} is outside the data set's folder",
                checkpoint::Quoted(name));
  }
  return std::string(name);
}

}  // namespace wsel::data
