#include "label_cells.h"

#include <algorithm>
#include <array>

#include "list_file.h"
#include "wsel/checkpoint/format_error.h"
#include "wsel/core/error.h"
#include "wsel/core/split.h"

namespace wsel::data {
namespace {

// In the order in which kAuto looks for them.
constexpr std::array kSeparated = {MultiLabel::kSemicolon, MultiLabel::kBar,
                                   MultiLabel::kComma};

}  // namespace

const Registry<MultiLabel>& MultiLabels() {
  static constexpr Registered<MultiLabel> kRows[] = {
      {MultiLabel::kOff, "off"},         {MultiLabel::kAuto, "auto"},
      {MultiLabel::kColumns, "columns"}, {MultiLabel::kSemicolon, "semicolon"},
      {MultiLabel::kBar, "bar"},         {MultiLabel::kComma, "comma"},
      {MultiLabel::kSpace, "space"}};
  static constexpr Registry<MultiLabel> kRegistry("multi-label form", kRows);
  return kRegistry;
}

char SeparatorOf(MultiLabel form) {
  switch (form) {
    case MultiLabel::kSemicolon:
      return ';';
    case MultiLabel::kBar:
      return '|';
    case MultiLabel::kComma:
      return ',';
    default:
      break;
  }
  return ' ';
}

MultiLabel SeparatedForm(const std::vector<std::string>& cells) {
  for (const MultiLabel form : kSeparated) {
    const char separator = SeparatorOf(form);
    const bool found =
        std::ranges::any_of(cells, [separator](std::string_view cell) {
          return cell.find(separator) != std::string_view::npos;
        });
    if (found) return form;
  }
  return MultiLabel::kSpace;
}

std::vector<std::string> LabelsInCell(std::string_view cell, MultiLabel form) {
  std::vector<std::string> labels;
  for (const std::string_view part : wsel::Split(cell, SeparatorOf(form))) {
    const std::string_view label = Trim(part);
    if (!label.empty()) labels.emplace_back(label);
  }
  return SortedUnique(std::move(labels));
}

bool IsLabelled(std::string_view cell, std::string_view column,
                const std::string& where) {
  const std::string_view text = Trim(cell);
  if (text == "1" || text == "1.0") return true;
  if (text == "0" || text == "0.0") return false;
  throw Error(ErrorKind::kFormat, where,
              "has {} in the column {}: every column but those of files and "
              "splits is a class, with 0 or 1 for each image; remove other "
              "columns",
              checkpoint::Quoted(text), checkpoint::Quoted(column));
}

}  // namespace wsel::data
