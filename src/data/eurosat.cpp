// EuroSAT: a folder per class, and no official split.
#include <numeric>
#include <utility>

#include "folder.h"
#include "image_files.h"
#include "readers.h"
#include "wsel/core/philox.h"

namespace wsel::data {
namespace {

// Which of `count` files are in the split: of all files, shuffled alike on
// every machine, the first 60 % train, the last 20 % test.
std::vector<bool> InSplit(size_t count, bool train, uint64_t seed) {
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  const RandomStream random(seed, "data.eurosat");
  for (size_t i = count; i > 1; --i) {
    std::swap(order[i - 1], order[random.Below(i, i)]);
  }
  std::vector<bool> in_split(count);
  const size_t end = train ? count * 3 / 5 : count;
  for (size_t i = train ? 0 : count * 4 / 5; i < end; ++i) {
    in_split[order[i]] = true;
  }
  return in_split;
}

}  // namespace

Dataset OpenEuroSat(OpenRequest& request) {
  // All versions of the archive have this class; the root itself is tried last.
  const auto folder =
      request.Get({"eurosat/2750", "2750", "EuroSAT/2750", ""}, "AnnualCrop");
  const std::vector<std::string> classes = ClassFolders(folder);
  const auto images = ImagesByClass(folder, classes);
  size_t count = 0;
  for (const auto& class_images : images) count += class_images.size();

  const std::vector<bool> in_split =
      InSplit(count, request.train(), request.options.split_seed);
  LabelledNames chosen;
  size_t index = 0;
  for (size_t label = 0; label < classes.size(); ++label) {
    for (const std::string& name : images[label]) {
      if (in_split[index++]) chosen.Add(name, static_cast<int32_t>(label));
    }
  }
  return DatasetOfFiles(request.Name(), classes, folder, std::move(chosen));
}

}  // namespace wsel::data
