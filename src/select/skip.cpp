#include "skip.h"

#include <algorithm>
#include <string_view>

#include "wsel/core/error.h"
#include "wsel/core/suggest.h"

namespace wsel::select {
namespace {

using model::ParameterSpec;

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

bool Matches(const std::string& item, const ParameterSpec& tensor) {
  return IsPattern(item) ? Glob(item, tensor.spec.name)
                         : item == Name(tensor.component);
}

std::vector<std::string> ComponentsOf(
    const std::vector<ParameterSpec>& tensors) {
  std::vector<std::string> names;
  for (const auto component : model::AllComponents()) {
    const bool present = std::any_of(
        tensors.begin(), tensors.end(),
        [&](const ParameterSpec& t) { return t.component == component; });
    if (present) names.emplace_back(Name(component));
  }
  return names;
}

}  // namespace

Skip::Skip(const std::vector<std::string>& items,
           const std::vector<ParameterSpec>& tensors)
    : items_(items) {
  for (const std::string& item : items) {
    const bool known =
        std::any_of(tensors.begin(), tensors.end(),
                    [&](const ParameterSpec& t) { return Matches(item, t); });
    if (known) continue;
    throw Error(ErrorKind::kUsage, "skip",
                IsPattern(item)
                    ? "'" + item + "' matches no tensor of the student"
                    : Unknown("component", item, ComponentsOf(tensors)));
  }
}

const std::string* Skip::Match(const ParameterSpec& tensor) const {
  for (const std::string& item : items_) {
    if (Matches(item, tensor)) return &item;
  }
  return nullptr;
}

}  // namespace wsel::select
