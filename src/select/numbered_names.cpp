#include "numbered_names.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace wsel::select {
namespace {

// The number at the start of `text`, up to the first '.'; -1 if there is none.
int64_t LeadingNumber(std::string_view text) {
  const size_t dot = text.find('.');
  return dot == std::string_view::npos ? -1 : BlockNumber(text.substr(0, dot));
}

// For every prefix of a number: the numbers, and the rest of the names after
// each.
struct Numbered {
  std::vector<std::string> order;  // of prefixes, by first occurrence
  std::map<std::string, std::map<int64_t, std::set<std::string>>> children;
};

// Bounds the work on a malicious name with thousands of numbers.
constexpr int kMaxNumbers = 16;

Numbered FindNumbers(const std::vector<TensorSpec>& specs) {
  Numbered numbered;
  for (const TensorSpec& spec : specs) {
    const std::string& name = spec.name;
    int numbers = 0;
    for (size_t dot = name.find('.');
         dot != std::string::npos && numbers < kMaxNumbers;
         dot = name.find('.', dot + 1)) {
      const std::string_view rest = std::string_view{name}.substr(dot + 1);
      const int64_t number = LeadingNumber(rest);
      if (number < 0) continue;
      ++numbers;
      const std::string prefix = name.substr(0, dot + 1);
      auto [at, added] = numbered.children.try_emplace(prefix);
      if (added) numbered.order.push_back(prefix);
      at->second[number].emplace(rest.substr(rest.find('.')));
    }
  }
  return numbered;
}

// 0 if the numbers do not run from 0 without a gap.
int64_t CountOf(const Numbered& numbered, const std::string& prefix) {
  const auto at = numbered.children.find(prefix);
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
  for (const std::string& prefix : to.order) {
    const int64_t teacher_count = CountOf(from, prefix);
    const int64_t student_count = CountOf(to, prefix);
    const bool inside =
        std::ranges::any_of(stacks, [&](const NumberedStack& outer) {
          return NumberAfter(prefix, outer.prefix) >= 0;
        });
    if (teacher_count > 0 && student_count > 0 &&
        teacher_count != student_count && !inside) {
      stacks.push_back({prefix, teacher_count, student_count});
    }
  }
  return stacks;
}

std::vector<std::string> RepeatedPrefixes(
    const std::vector<TensorSpec>& specs) {
  const Numbered numbered = FindNumbers(specs);
  std::vector<std::string> prefixes;
  for (const std::string& prefix : numbered.order) {
    const auto& children = numbered.children.at(prefix);
    const bool equal = std::ranges::all_of(children, [&](const auto& child) {
      return child.second == children.begin()->second;
    });
    if (CountOf(numbered, prefix) >= 2 && equal) prefixes.push_back(prefix);
  }
  return prefixes;
}

int64_t BlockNumber(std::string_view text) {
  constexpr size_t kMaxDigits = 9;
  const bool padded = text.size() > 1 && text.front() == '0';
  if (text.empty() || text.size() > kMaxDigits || padded ||
      text.find_first_not_of("0123456789") != std::string_view::npos) {
    return -1;
  }
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

int64_t NumberAfter(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return -1;
  return LeadingNumber(name.substr(prefix.size()));
}

}  // namespace wsel::select
