// Torch-free.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wsel/data/multi_label.h"

namespace wsel::data {

// The character between the labels of a cell. `form` has one: it is neither
// kOff, kAuto nor kColumns.
char SeparatorOf(MultiLabel form);

// Which form has a separator that is in one of `cells`: kAuto's order.
MultiLabel SeparatedForm(const std::vector<std::string>& cells);

// The distinct labels of a cell, sorted and without white space around them;
// none of an empty cell.
std::vector<std::string> LabelsInCell(std::string_view cell, MultiLabel form);

// Whether a cell of a class's column is 1 ("1", "1.0") or 0. Errors: kFormat at
// `where` for anything else, naming the column.
bool IsLabelled(std::string_view cell, std::string_view column,
                const std::string& where);

}  // namespace wsel::data
