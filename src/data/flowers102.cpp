// Oxford Flowers-102: labels and splits in MATLAB files, both counted from 1.
// The training split is the official training list followed by the validation
// list.
#include <fmt/format.h>

#include <utility>

#include "find_root.h"
#include "flower_names.h"
#include "image_files.h"
#include "mat_file.h"
#include "readers.h"

namespace wsel::data {

Dataset OpenFlowers102(const OpenRequest& request) {
  const std::vector<std::string> folders = {"flowers-102", ""};
  Search search(request.info, request.root);
  const auto folder = search.Get(folders, "setid.mat");
  search.Get(folders, "imagelabels.mat");
  search.Get(folders, "jpg");

  MatFile labels_file(folder / "imagelabels.mat");
  const auto all_labels =
      labels_file.Integers("labels", 1, static_cast<int64_t>(kFlowers.size()));
  MatFile splits(folder / "setid.mat");
  std::vector<std::string> names;
  std::vector<int32_t> labels;
  const auto add = [&](const char* split) {
    const auto most = static_cast<int64_t>(all_labels.size());
    for (const int64_t id : splits.Integers(split, 1, most)) {
      names.push_back(fmt::format("image_{:05}.jpg", id));
      labels.push_back(static_cast<int32_t>(all_labels[id - 1] - 1));
    }
  };
  if (request.train()) {
    add("trnid");
    add("valid");
  } else {
    add("tstid");
  }
  return DatasetOfFiles(request.Name(), {kFlowers.begin(), kFlowers.end()},
                        folder / "jpg", std::move(names), std::move(labels));
}

}  // namespace wsel::data
