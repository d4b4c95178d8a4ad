// docs/recipe.md lists what the program knows.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wsel/core/split.h"
#include "wsel/core/text_file.h"
#include "wsel/recipe/recipe.h"

namespace wsel::recipe {
namespace {

std::string Code(const std::string& text) {
  return text.empty() ? "" : "`" + text + "`";
}

// The fields as tables in Markdown, one per section: path, default value,
// meaning, the option that sets it too, and timm's option.
std::string FieldTables() {
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

TEST(RecipeDocs, ListEveryValue) {
  const std::string docs = ReadText(WSEL_SOURCE_DIR "/docs/recipe.md");
  const std::string tables = FieldTables();
  EXPECT_TRUE(docs.find(tables) != std::string::npos)
      << "the tables of docs/recipe.md are to be:\n"
      << tables;
}

}  // namespace
}  // namespace wsel::recipe
