#include "skip.h"

#include <algorithm>
#include <string_view>

#include "wsel/core/error.h"
#include "wsel/core/suggest.h"

namespace wsel::select {
namespace {

bool IsPattern(std::string_view item) {
  return item.find_first_of("*.") != std::string_view::npos;
}

// Glob with only '*': greedy, backtracking to the last '*'.
bool Glob(std::string_view pattern, std::string_view text) {
  size_t p = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;
  size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool Matches(const std::string& item, const MappedTensor& tensor) {
  return IsPattern(item) ? Glob(item, tensor.student.name)
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

Skip::Skip(const std::vector<std::string>& items,
           const std::vector<MappedTensor>& tensors)
    : items_(items) {
  for (const std::string& item : items) {
    const bool known =
        std::any_of(tensors.begin(), tensors.end(),
                    [&](const MappedTensor& t) { return Matches(item, t); });
    if (known) continue;
    throw Error(ErrorKind::kUsage, "skip",
                IsPattern(item)
                    ? "'" + item + "' matches no tensor of the student"
                    : UnknownComponent(item, tensors));
  }
}

const std::string* Skip::Match(const MappedTensor& tensor) const {
  for (const std::string& item : items_) {
    if (Matches(item, tensor)) return &item;
  }
  return nullptr;
}

}  // namespace wsel::select
