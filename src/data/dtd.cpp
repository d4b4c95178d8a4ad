// Describable Textures, partition 1, as used by most papers. The training split
// is the official training list followed by the validation list.
#include <fmt/format.h>

#include <utility>

#include "find_root.h"
#include "image_files.h"
#include "list_file.h"
#include "readers.h"
#include "wsel/core/error.h"

namespace wsel::data {
namespace {

struct Listed {
  std::vector<std::string> names;    // "banded/banded_0002.jpg"
  std::vector<std::string> classes;  // "banded"
};

void Add(const std::filesystem::path& list, Listed& listed) {
  for (const ListLine& line : ReadList(list)) {
    const size_t slash = line.text.find('/');
    if (slash == std::string::npos ||
        line.text.find('/', slash + 1) != std::string::npos) {
      throw Error(ErrorKind::kFormat, line.where, "expected class/name.jpg");
    }
    listed.names.push_back(CheckedName(line.text, line.where));
    listed.classes.push_back(line.text.substr(0, slash));
  }
}

}  // namespace

Dataset OpenDtd(const OpenRequest& request) {
  Search search(request.info, request.root);
  const auto folder = search.Get({"dtd/dtd", "dtd", ""}, "labels/train1.txt");
  search.Get({"dtd/dtd", "dtd", ""}, "images");
  const auto labels = folder / "labels";
  Listed train;
  Add(labels / "train1.txt", train);
  Add(labels / "val1.txt", train);
  Listed test;
  if (!request.train()) Add(labels / "test1.txt", test);

  const auto classes = SortedUnique(train.classes);
  Listed& listed = request.train() ? train : test;
  auto listed_labels = LabelsOf(listed.classes, classes, labels.string());
  return DatasetOfFiles(request.Name(), classes, folder / "images",
                        std::move(listed.names), std::move(listed_labels));
}

}  // namespace wsel::data
