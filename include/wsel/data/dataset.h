// Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "wsel/image/image.h"

namespace wsel::data {

// Labelled images in a fixed order. Copies share what the functions hold.
struct Dataset {
  std::string name;                  // "cifar100 train"
  std::vector<std::string> classes;  // a name for each label
  std::vector<int32_t> labels;       // of each sample, into `classes`
  // Sample i in its stored size, as 8-bit RGB or, for a model of other channels
  // than 1 and 3, of so many. Thread-safe. Errors: kIo, kFormat, naming the
  // file or record.
  std::function<image::Image(int64_t)> image;
  // The file or record of sample i: "images/Abyssinian_1.jpg",
  // "data_batch_1[17]".
  std::function<std::string(int64_t)> filename;
  // Where the files of `filename` lie: below the data root, "val"; "": there,
  // or in files of many records.
  std::string folder = {};
  std::string note = {};  // what the reader left out, for the user; "": nothing
  // The classes are those of a test split without a training split beside it: a
  // model may know more.
  bool partial_classes = false;
  // Of a multi-label data set: the classes of each sample, ascending, of which
  // it has any number, also none; `labels` are then 0. {}: each has one label.
  std::vector<std::vector<int32_t>> label_sets = {};

  // There are no labels (OpenOptions::labels_optional): all images are of one
  // class, a placeholder.
  bool unlabelled = false;

  bool multi_label() const { return !label_sets.empty(); }

  // The file or record of sample i below the data root: "val/cat/1.png".
  std::string PathBelowRoot(int64_t i) const {
    return folder.empty() ? filename(i) : folder + "/" + filename(i);
  }
  int64_t size() const { return static_cast<int64_t>(labels.size()); }
};

// The number of samples of each class; a multi-label sample counts in each of
// its classes.
std::vector<int64_t> CountsByClass(const Dataset& dataset);

}  // namespace wsel::data
