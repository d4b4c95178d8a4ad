#include "list_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <utility>

#include "wsel/checkpoint/format_error.h"
#include "wsel/core/error.h"
#include "wsel/core/split.h"
#include "wsel/core/text_file.h"

namespace wsel::data {
namespace {

std::string_view Stripped(std::string_view line) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = line.find_first_not_of(kSpace);
  if (first == line.npos) return {};
  return line.substr(first, line.find_last_not_of(kSpace) + 1 - first);
}

[[noreturn]] void ThrowUnknown(const std::vector<std::string>& unknown,
                               const std::string& where) {
  std::vector<std::string> shown;
  const size_t most = std::min<size_t>(unknown.size(), 10);
  for (const std::string& name : std::span(unknown).first(most)) {
    shown.push_back(checkpoint::Quoted(name));
  }
  throw Error(ErrorKind::kMismatch, where,
              "has classes that are not in the training split: {}{}",
              fmt::join(shown, ", "),
              unknown.size() > shown.size()
                  ? fmt::format(" and {} more", unknown.size() - shown.size())
                  : "");
}

}  // namespace

std::vector<ListLine> ReadList(const std::filesystem::path& path) {
  const std::string text = ReadText(path);
  std::vector<ListLine> lines;
  size_t number = 0;
  for (const std::string_view whole : Split(text, '\n')) {
    const std::string_view line = Stripped(whole);
    ++number;
    if (line.empty() || line.front() == '#') continue;
    lines.push_back(
        {std::string(line), fmt::format("{}:{}", path.string(), number)});
  }
  return lines;
}

std::vector<int32_t> LabelsOf(const std::vector<std::string>& names,
                              const std::vector<std::string>& classes,
                              const std::string& where) {
  std::vector<int32_t> labels;
  std::vector<std::string> unknown;
  for (const std::string& name : names) {
    const auto at = std::lower_bound(classes.begin(), classes.end(), name);
    if (at == classes.end() || *at != name) unknown.push_back(name);
    labels.push_back(static_cast<int32_t>(at - classes.begin()));
  }
  if (!unknown.empty()) ThrowUnknown(SortedUnique(std::move(unknown)), where);
  return labels;
}

std::vector<std::string> SortedUnique(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace wsel::data
