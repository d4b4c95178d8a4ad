// Describable Textures, partition 1, as used by most papers. The training split
// is the official training list followed by the validation list.
#include <algorithm>

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
    if (std::ranges::count(line.text, '/') != 1) {
      throw Error(ErrorKind::kFormat, line.where, "expected class/name.jpg");
    }
    listed.names.push_back(CheckedName(line.text, line.where));
    listed.classes.push_back(line.text.substr(0, line.text.find('/')));
  }
}

}  // namespace

Dataset OpenDtd(OpenRequest& request) {
  const auto folder = request.Get({"dtd/dtd", "dtd", ""}, "labels/train1.txt");
  request.Get({"dtd/dtd", "dtd", ""}, "images");
  const auto lists = folder / "labels";
  Listed train;
  Add(lists / "train1.txt", train);
  Add(lists / "val1.txt", train);
  Listed test;
  if (!request.train()) Add(lists / "test1.txt", test);

  const auto classes = SortedUnique(train.classes);
  const Listed& listed = request.train() ? train : test;
  return DatasetOfFiles(
      request.Name(), classes, folder / "images",
      {listed.names, LabelsOf(listed.classes, classes, lists.string())});
}

}  // namespace wsel::data
