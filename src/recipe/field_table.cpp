#include <fmt/format.h>
#include <fmt/ranges.h>

#include "wsel/core/split.h"
#include "wsel/recipe/recipe.h"

namespace wsel::recipe {

namespace {

std::string Code(const std::string& text) {
  return text.empty() ? "" : "`" + text + "`";
}

}  // namespace

std::string FieldTable() {
  std::string table;
  std::string section;
  for (const Field& field : Fields()) {
    if (field.section() != section) {
      section = field.section();
      table += fmt::format(
          "\n| {} | default | meaning | option | timm "
          "|\n|---|---|---|---|---|\n",
          section);
    }
    const std::string choices =
        field.choices.empty()
            ? ""
            : ": " + fmt::format("`{}`",
                                 fmt::join(Split(field.choices, '|'), "`, `"));
    table += fmt::format("| `{}` | `{}` | {}{} | {} | {} |\n", field.path,
                         field.default_value, field.about, choices,
                         Code(field.flag), Code(field.timm));
  }
  return table;
}

}  // namespace wsel::recipe
