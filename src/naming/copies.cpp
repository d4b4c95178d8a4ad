#include "copies.h"

#include <unordered_set>
#include <utility>

namespace wsel::naming {
namespace {

// A hostile file may name many.
constexpr size_t kMaxCopies = 64;

// As in the file, where a wrapper may be within the marker.
std::string FilePrefix(std::string_view name, std::string_view marker,
                       const std::string& prefix) {
  if (!name.ends_with(marker)) return prefix;
  return std::string(name.substr(0, name.size() - marker.size()));
}

}  // namespace

std::vector<Copy> FindCopies(const TensorSource& file,
                             const std::vector<std::string>& names) {
  const std::unordered_set<std::string_view> known(names.begin(), names.end());
  std::unordered_set<std::string_view> taken;  // first markers of copies
  std::vector<Copy> copies;
  for (const Source& source : Sources()) {
    const std::string& marker = source.markers.front();
    for (size_t i = 0; i < names.size(); ++i) {
      const std::string& name = names[i];
      if (!name.ends_with(marker) || taken.contains(name)) continue;
      const std::string prefix = name.substr(0, name.size() - marker.size());
      if (!prefix.empty() && !prefix.ends_with('.')) continue;
      if (!HasMarkers(source, prefix, known)) continue;
      const std::string in_file =
          FilePrefix(file.Specs()[i].name, marker, prefix);
      if (source.accepts != nullptr && !source.accepts(file, in_file)) continue;
      if (copies.size() == kMaxCopies) return copies;
      taken.insert(name);
      copies.push_back({&source, prefix, in_file});
    }
  }
  return copies;
}

}  // namespace wsel::naming
