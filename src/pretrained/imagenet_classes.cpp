#include "wsel/pretrained/imagenet_classes.h"

#include <iterator>
#include <string>
#include <unordered_map>

namespace wsel::pretrained {
namespace {

constexpr ImageNetClass kImageNetClasses[] = {
#include "imagenet_classes.inc"
};
static_assert(std::size(kImageNetClasses) == 1000);

// "Golden_Retriever" -> "golden retriever"
std::string PlainWords(std::string_view name) {
  std::string plain(name);
  for (char& c : plain) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '_') c = ' ';
  }
  return plain;
}

// The class of a name, or kSeveral.
using ClassByName = std::unordered_map<std::string, int64_t>;
constexpr int64_t kSeveral = -1;

void AddName(ClassByName& classes, std::string_view name, int64_t index) {
  const auto [at, added] = classes.try_emplace(PlainWords(name), index);
  if (!added && at->second != index) at->second = kSeveral;
}

// The synset and all words of a class, or each of the words.
ClassByName NamesOfClasses(bool each_word) {
  ClassByName classes;
  int64_t index = 0;
  for (const auto& [synset, words] : kImageNetClasses) {
    if (!each_word) {
      AddName(classes, synset, index);
      AddName(classes, words, index);
    }
    for (std::string_view rest = words; each_word && !rest.empty();) {
      const size_t comma = rest.find(", ");
      AddName(classes, rest.substr(0, comma), index);
      rest = comma == rest.npos ? "" : rest.substr(comma + 2);
    }
    ++index;
  }
  return classes;
}

}  // namespace

std::span<const ImageNetClass> ImageNetClasses() { return kImageNetClasses; }

std::optional<int64_t> FindImageNetClass(std::string_view name) {
  static const ClassByName whole = NamesOfClasses(/*each_word=*/false);
  static const ClassByName words = NamesOfClasses(/*each_word=*/true);
  const std::string plain = PlainWords(name);
  for (const ClassByName* classes : {&whole, &words}) {
    const auto found = classes->find(plain);
    if (found == classes->end()) continue;
    if (found->second == kSeveral) return std::nullopt;
    return found->second;
  }
  return std::nullopt;
}

std::string_view LargerImageNet(int64_t num_classes) {
  switch (num_classes) {
    case 11221:
      return "ImageNet-21k (MIIL)";
    case 11821:
      return "ImageNet-12k";
    case 21841:
      return "ImageNet-22k";
    case 21843:
      return "ImageNet-21k";
    default:
      return "";
  }
}

}  // namespace wsel::pretrained
