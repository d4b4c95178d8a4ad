// Oxford-IIIT Pets: lists of "name class-id species breed-id". Class names come
// from image names ("american_bulldog_10" -> "American Bulldog"). torchvision's
// labels are the ids minus one; here they are the ranks of the ids, which is
// the same for the full data set, and also works if breeds are missing.
#include <fmt/format.h>

#include <cctype>
#include <iterator>
#include <map>
#include <sstream>
#include <utility>

#include "image_files.h"
#include "list_file.h"
#include "readers.h"
#include "wsel/core/error.h"

namespace wsel::data {
namespace {

struct Pet {
  std::string name;
  int id;
  std::string where;
};

std::vector<Pet> ReadPets(const std::filesystem::path& path) {
  std::vector<Pet> pets;
  for (const ListLine& line : ReadList(path)) {
    std::istringstream fields(line.text);
    Pet pet{"", 0, line.where};
    int species = 0;
    int breed = 0;
    std::string more;
    if (!(fields >> pet.name >> pet.id >> species >> breed) || fields >> more ||
        pet.id < 1) {
      throw Error(ErrorKind::kFormat, line.where,
                  "expected 'name class-id species breed-id'");
    }
    CheckedName(pet.name, line.where);
    pets.push_back(std::move(pet));
  }
  return pets;
}

// Python's title() of each part between underscores.
std::string ClassName(const std::string& image_name) {
  std::string name = image_name.substr(0, image_name.rfind('_'));
  bool in_word = false;
  for (char& c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = std::isalpha(byte) != 0;
    if (letter) {
      c = static_cast<char>(in_word ? std::tolower(byte) : std::toupper(byte));
    }
    if (c == '_') c = ' ';
    in_word = letter;
  }
  return name;
}

}  // namespace

Dataset OpenPets(OpenRequest& request) {
  const std::vector<std::string> folders = {"oxford-iiit-pet", ""};
  const auto folder = request.Get(folders, "annotations/trainval.txt");
  request.Get(folders, "images");
  auto pets = ReadPets(folder / "annotations/trainval.txt");

  std::map<int, std::string> name_of;
  for (const Pet& pet : pets) {
    const auto [at, unused] = name_of.emplace(pet.id, ClassName(pet.name));
    if (at->second == ClassName(pet.name)) continue;
    throw Error(ErrorKind::kFormat, pet.where, "class {} is called {} above",
                pet.id, at->second);
  }
  std::vector<std::string> classes;
  for (const auto& [id, name] : name_of) classes.push_back(name);
  if (!request.train()) pets = ReadPets(folder / "annotations/test.txt");
  LabelledNames images;
  for (const Pet& pet : pets) {
    const auto at = name_of.find(pet.id);
    if (at == name_of.end()) {
      throw Error(ErrorKind::kMismatch, pet.where,
                  "the training split has no class {} ({})", pet.id,
                  ClassName(pet.name));
    }
    const auto rank = std::distance(name_of.begin(), at);
    images.Add(pet.name + ".jpg", static_cast<int32_t>(rank));
  }
  return DatasetOfFiles(request.Name(), classes, folder / "images",
                        std::move(images));
}

}  // namespace wsel::data
