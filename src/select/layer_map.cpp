#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string>

#include "component_mapping.h"
#include "rule_functions.h"
#include "wsel/core/split.h"
#include "wsel/core/suggest.h"

namespace wsel::select {
namespace {

constexpr std::string_view kOption = "layers";

Indices ParseList(std::string_view list, int64_t from, int64_t to,
                  const std::string& what) {
  Indices blocks;
  for (const std::string_view part : Split(list, ',')) {
    int64_t block = -1;
    const auto [end, code] =
        std::from_chars(part.data(), part.data() + part.size(), block);
    if (code != std::errc() || end != part.data() + part.size() || block < 0 ||
        block >= from) {
      throw Error(ErrorKind::kUsage, kOption,
                  "'{}' is not a block of the teacher (0 to {})", part,
                  from - 1);
    }
    blocks.push_back(block);
  }
  if (static_cast<int64_t>(blocks.size()) != to) {
    throw Error(ErrorKind::kUsage, kOption,
                "{}: the student has {} blocks, the list has {}", what, to,
                blocks.size());
  }
  if (std::set<int64_t>(blocks.begin(), blocks.end()).size() != blocks.size()) {
    throw Error(ErrorKind::kUsage, kOption, "'{}' lists a block twice", list);
  }
  return blocks;
}

}  // namespace

std::vector<std::vector<int64_t>> MapLayers(
    const std::vector<int64_t>& teacher_depths,
    const std::vector<int64_t>& student_depths, std::string_view rule) {
  const size_t stages = student_depths.size();
  const std::vector<std::string> rules = {"first", "last", "mid", "uniform"};
  const bool list =
      rule.find_first_not_of("0123456789,/ ") == std::string_view::npos;
  if (!list && std::ranges::count(rules, rule) == 0) {
    auto known = rules;
    known.emplace_back(kBestLayers);
    throw Error(
        ErrorKind::kUsage, kOption,
        Unknown("layer rule", rule, known) + " (or blocks by number: 0,2,4)");
  }
  const auto lists = Split(rule, '/');
  if (list && lists.size() != stages) {
    throw Error(ErrorKind::kUsage, kOption,
                "'{}' has {} lists; the student has {} stages (one list per "
                "stage, separated by '/')",
                rule, lists.size(), stages);
  }

  std::vector<std::vector<int64_t>> map;
  for (size_t s = 0; s < stages; ++s) {
    const int64_t from = teacher_depths[s];
    const int64_t to = student_depths[s];
    const std::string what =
        stages == 1 ? "depth" : fmt::format("depth of stage {}", s);
    if (to > from) {
      throw Error(ErrorKind::kMismatch, what,
                  "the student has {} blocks, the teacher only {}", to, from);
    }
    if (list) {
      map.push_back(ParseList(lists[s], from, to, what));
    } else if (rule == "uniform") {
      map.push_back(Uniform(from, to));
    } else {
      const int64_t start = rule == "first"  ? 0
                            : rule == "last" ? from - to
                                             : (from - to) / 2;
      map.push_back(Consecutive(to, start));
    }
  }
  return map;
}

}  // namespace wsel::select
