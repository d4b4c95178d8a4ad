#include "wsel/select/numbered_names.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace wsel::select {
namespace {

// A number at the start of `text` that ends in '.', as printed; -1 for none.
int64_t LeadingNumber(std::string_view text) {
  constexpr size_t kMostDigits = 9;
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot > kMostDigits) return -1;
  if (text.front() == '0' && dot > 1) return -1;
  int64_t number = -1;
  const auto [end, code] =
      std::from_chars(text.data(), text.data() + dot, number);
  return code == std::errc() && end == text.data() + dot ? number : -1;
}

// For every prefix that stands before a number: what stands behind each.
struct Numbered {
  std::vector<std::string> order;  // prefixes, as they come
  std::map<std::string, std::map<int64_t, std::set<std::string>>> children;
};

// Names are paths; a hostile one may have thousands of numbers.
constexpr int kMostNumbers = 16;

Numbered FindNumbers(const std::vector<TensorSpec>& specs) {
  Numbered numbered;
  for (const TensorSpec& spec : specs) {
    const std::string& name = spec.name;
    int numbers = 0;
    for (size_t dot = name.find('.');
         dot != std::string::npos && numbers < kMostNumbers;
         dot = name.find('.', dot + 1)) {
      const std::string_view rest = std::string_view(name).substr(dot + 1);
      const int64_t number = LeadingNumber(rest);
      if (number < 0) continue;
      ++numbers;
      const std::string before = name.substr(0, dot + 1);
      auto [at, fresh] = numbered.children.try_emplace(before);
      if (fresh) numbered.order.push_back(before);
      at->second[number].emplace(rest.substr(rest.find('.')));
    }
  }
  return numbered;
}

// 0 where the numbers do not run from 0 without a gap.
int64_t CountOf(const Numbered& numbered, const std::string& before) {
  const auto at = numbered.children.find(before);
  if (at == numbered.children.end()) return 0;
  const auto count = static_cast<int64_t>(at->second.size());
  return at->second.rbegin()->first == count - 1 ? count : 0;
}

}  // namespace

std::vector<NumberedStack> FindStacks(const std::vector<TensorSpec>& teacher,
                                      const std::vector<TensorSpec>& student) {
  const Numbered from = FindNumbers(teacher);
  const Numbered to = FindNumbers(student);
  std::vector<NumberedStack> stacks;
  for (const std::string& before : to.order) {
    const int64_t teacher_count = CountOf(from, before);
    const int64_t student_count = CountOf(to, before);
    const bool inside = std::any_of(
        stacks.begin(), stacks.end(), [&](const NumberedStack& outer) {
          return NumberBehind(before, outer.before) >= 0;
        });
    if (teacher_count == 0 || student_count == 0 ||
        teacher_count == student_count || inside) {
      continue;
    }
    stacks.push_back({before, teacher_count, student_count});
  }
  return stacks;
}

std::vector<std::string> RepeatedPrefixes(
    const std::vector<TensorSpec>& specs) {
  const Numbered numbered = FindNumbers(specs);
  std::vector<std::string> prefixes;
  for (const std::string& before : numbered.order) {
    const auto& children = numbered.children.at(before);
    const bool equal =
        std::all_of(children.begin(), children.end(), [&](const auto& child) {
          return child.second == children.begin()->second;
        });
    if (CountOf(numbered, before) >= 2 && equal) prefixes.push_back(before);
  }
  return prefixes;
}

int64_t NumberBehind(std::string_view name, std::string_view before) {
  if (!name.starts_with(before)) return -1;
  return LeadingNumber(name.substr(before.size()));
}

}  // namespace wsel::select
