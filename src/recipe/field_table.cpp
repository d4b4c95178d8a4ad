#include <fmt/format.h>
#include <fmt/ranges.h>

#include "wsel/core/split.h"
#include "wsel/recipe/recipe.h"

namespace wsel::recipe {

std::string FieldTable() {
  std::string table;
  std::string section;
  for (const Field& field : Fields()) {
    if (field.section() != section) {
      section = field.section();
      table += fmt::format(
          "\n| {} | default | meaning | option |\n|---|---|---|---|\n",
          section);
    }
    const std::string choices =
        field.choices.empty()
            ? ""
            : ": " + fmt::format("`{}`",
                                 fmt::join(Split(field.choices, '|'), "`, `"));
    const std::string option = field.flag.empty() ? "" : "`" + field.flag + "`";
    table += fmt::format("| `{}` | `{}` | {}{} | {} |\n", field.path,
                         field.default_value, field.about, choices, option);
  }
  return table;
}

}  // namespace wsel::recipe
