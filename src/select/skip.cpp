#include <fnmatch.h>

#include <algorithm>
#include <string_view>

#include "component_mapping.h"
#include "wsel/core/error.h"
#include "wsel/core/suggest.h"

namespace wsel::select {
namespace {

bool IsPattern(std::string_view item) {
  return item.find_first_of("*.") != std::string_view::npos;
}

bool Matches(const std::string& item, const MappedTensor& tensor) {
  return IsPattern(item)
             ? fnmatch(item.c_str(), tensor.student.name.c_str(), 0) == 0
             : !item.empty() && item == tensor.component;
}

std::string UnknownComponent(const std::string& item,
                             const std::vector<MappedTensor>& tensors) {
  std::vector<std::string> known;
  for (const MappedTensor& tensor : tensors) {
    const std::string& name = tensor.component;
    if (name.empty()) continue;
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      known.push_back(name);
    }
  }
  if (!known.empty()) return Unknown("component", item, known);
  return "'" + item + "': this model has no named components; use a pattern " +
         "('*" + item + "*')";
}

}  // namespace

std::vector<const std::string*> SkippedBy(
    const std::vector<std::string>& items,
    const std::vector<MappedTensor>& tensors) {
  std::vector<const std::string*> skipped(tensors.size());
  for (const std::string& item : items) {
    bool known = false;
    for (size_t i = 0; i < tensors.size(); ++i) {
      if (!Matches(item, tensors[i])) continue;
      known = true;
      if (skipped[i] == nullptr) skipped[i] = &item;
    }
    if (known) continue;
    throw Error(ErrorKind::kUsage, "skip",
                IsPattern(item)
                    ? "'" + item + "' matches no tensor of the student"
                    : UnknownComponent(item, tensors));
  }
  return skipped;
}

}  // namespace wsel::select
