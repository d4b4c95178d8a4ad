// EuroSAT: a folder per class, and no official split.
#include <numeric>
#include <utility>

#include "find_root.h"
#include "folder.h"
#include "image_files.h"
#include "readers.h"
#include "wsel/core/philox.h"

namespace wsel::data {
namespace {

// 0 ... count - 1, shuffled alike on every machine.
std::vector<size_t> Shuffled(size_t count, uint64_t seed) {
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  const RandomStream random(seed, "data.eurosat");
  for (size_t i = count; i > 1; --i) {
    std::swap(order[i - 1], order[random.Below(i, i)]);
  }
  return order;
}

// Which of `count` files are in the split: the first 60 % train, the last 20 %
// test.
std::vector<bool> InSplit(size_t count, Split split, uint64_t seed) {
  const std::vector<size_t> order = Shuffled(count, seed);
  const bool train = split == Split::kTrain;
  std::vector<bool> in_split(count);
  for (size_t i = train ? 0 : count * 4 / 5;
       i < (train ? count * 3 / 5 : count); ++i) {
    in_split[order[i]] = true;
  }
  return in_split;
}

}  // namespace

Dataset OpenEuroSat(const OpenRequest& request) {
  Search search(request.info, request.root);
  // All versions of the archive have this class; the root itself is tried last.
  const auto folder =
      search.Get({"eurosat/2750", "2750", "EuroSAT/2750", ""}, "AnnualCrop");
  const std::vector<std::string> classes = ClassFolders(folder);
  const auto images = ImagesByClass(folder, classes);
  size_t count = 0;
  for (const auto& class_images : images) count += class_images.size();

  const std::vector<bool> in_split =
      InSplit(count, request.split, request.options.split_seed);
  std::vector<std::string> names;
  std::vector<int32_t> labels;
  size_t index = 0;
  for (size_t label = 0; label < classes.size(); ++label) {
    for (const std::string& name : images[label]) {
      if (!in_split[index++]) continue;
      names.push_back(name);
      labels.push_back(static_cast<int32_t>(label));
    }
  }
  return DatasetOfFiles(request.Name(), classes, folder, std::move(names),
                        std::move(labels));
}

}  // namespace wsel::data
