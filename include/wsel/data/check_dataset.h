// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "wsel/data/dataset.h"
#include "wsel/data/dataset_info.h"
#include "wsel/data/open_dataset.h"

namespace wsel::data {

// A problem of one image.
struct ImageIssue {
  int64_t index;
  std::string text;
};

// Both lists of issues are sorted by index.
struct CheckReport {
  // Cannot be read, or are too elongated for evaluation crops: the text names
  // the file or record.
  std::vector<ImageIssue> corrupt;
  std::vector<ImageIssue> damaged;  // "images/1.jpg: has no end marker"
  std::vector<int64_t> per_class;   // samples of each class
  // Sizes of the images that can be decoded, in pixels.
  int min_width = 0;
  int max_width = 0;
  int min_height = 0;
  int max_height = 0;
  // The mean and std of all their pixels, from 0 to 1, for a model of so many
  // channels: of RGB images as grey ones (image::Grey), else of each channel.
  // Without pixels 0.
  std::vector<double> mean = {0};
  std::vector<double> std = {0};
};

// Decodes every image, on `threads` threads (0: one per processor). `progress`
// is called with the number of images done, by one thread at a time. Exceptions
// other than wsel::Error propagate.
CheckReport Check(const Dataset& dataset, size_t threads = 0,
                  const std::function<void(int64_t done)>& progress = nullptr);

// Compares the counts of an opened data set with the expected ones: "found 240
// images, expected 3680". Empty if all match.
std::vector<std::string> CountMismatches(const DatasetInfo& info, Split split,
                                         const Dataset& dataset);

}  // namespace wsel::data
