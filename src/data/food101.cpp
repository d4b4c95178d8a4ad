// Food-101: JSON lists of "class/id" per class, in the order of the lists.
#include <fmt/format.h>

#include <utility>

#include "image_files.h"
#include "list_file.h"
#include "readers.h"
#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"

namespace wsel::data {
namespace {

nlohmann::ordered_json Load(const std::filesystem::path& path) {
  return ParseJson(ReadText(path), path.string(), ErrorKind::kFormat);
}

std::vector<std::string> KeysOf(const nlohmann::ordered_json& list) {
  std::vector<std::string> keys;
  for (const auto& [key, unused] : list.items()) keys.push_back(key);
  return keys;
}

}  // namespace

Dataset OpenFood101(OpenRequest& request) {
  const auto folder = request.Get({"food-101", ""}, "meta/train.json");
  request.Get({"food-101", ""}, "images");
  const auto path =
      folder / "meta" / fmt::format("{}.json", NameOf(request.split));
  const auto train = Load(folder / "meta/train.json");
  const auto listed = request.train() ? train : Load(path);
  const JsonObject by_class(train, (folder / "meta/train.json").string(),
                            ErrorKind::kFormat);
  JsonObject object(listed, path.string(), ErrorKind::kFormat);

  const auto classes = SortedUnique(KeysOf(train));
  const auto present = KeysOf(listed);
  const auto label_of = LabelsOf(present, classes, path.string());
  LabelledNames images;
  for (size_t i = 0; i < present.size(); ++i) {
    const std::string where = object.PathOf(present[i]);
    for (const auto& id : object.Get<std::vector<std::string>>(present[i])) {
      images.Add(CheckedName(id, where) + ".jpg", label_of[i]);
    }
  }
  return DatasetOfFiles(request.Name(), classes, folder / "images",
                        std::move(images));
}

}  // namespace wsel::data
