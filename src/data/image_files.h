// Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wsel/data/dataset.h"
#include "wsel/image/decode.h"

namespace wsel::data {

// Image files below one folder, decoded on access. Dataset::image of such a
// data set holds this type, so that others can get at the files with target().
struct ImageFiles {
  std::filesystem::path folder;
  std::shared_ptr<const std::vector<std::string>> names;  // relative paths
  int in_chans = 3;  // of the model (DecodeImage)

  image::Decoded Decode(int64_t i,
                        const image::NeededWindow& needed = nullptr) const;
  image::Image operator()(int64_t i) const { return Decode(i).image; }
};

// Images of another data set, as Dataset::image of a part or a cache holds
// them, so that what is needed of an image gets to its file.
struct ImagesWithWindow {
  std::function<image::Image(int64_t, const image::NeededWindow&)> get;

  image::Image operator()(int64_t i) const { return get(i, nullptr); }
};

// image(i), where `image` is a data set's; of image files maybe only the pixels
// that are needed (image::Decode).
image::Image ImageWithWindow(const std::function<image::Image(int64_t)>& image,
                             int64_t i, const image::NeededWindow& needed);

// The samples of a data set: relative paths, and a label for each.
struct LabelledNames {
  std::vector<std::string> names;
  std::vector<int32_t> labels;

  void Add(std::string name, int32_t label) {
    names.push_back(std::move(name));
    labels.push_back(label);
  }
};

// A data set of `images` below `folder`. Errors: kFormat if there are none.
Dataset DatasetOfFiles(std::string name, std::vector<std::string> classes,
                       const std::filesystem::path& folder,
                       LabelledNames images);

// Returns `name`, as listed at `where`. Errors: kFormat if it is empty or could
// leave the data set's folder ("../../etc/passwd").
std::string CheckedName(std::string_view name, const std::string& where);

}  // namespace wsel::data
