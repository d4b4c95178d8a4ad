#include "wsel/core/registry.h"

#include <gtest/gtest.h>

#include <array>

namespace wsel {
namespace {

enum class Colour { kRed, kGreen, kNameless };

constexpr std::array<Registered<Colour>, 2> kRows = {{
    {Colour::kRed, "red"},
    {Colour::kGreen, "green"},
}};
constexpr Registry<Colour> kColours("colour", kRows);

TEST(Registry, FindsEveryName) {
  for (const auto& row : kColours.rows()) {
    EXPECT_EQ(kColours.Find(row.name, "--colour"), row.value);
    EXPECT_EQ(kColours.NameOf(row.value), row.name);
  }
  EXPECT_EQ(kColours.NameOf(Colour::kNameless), "?");
  EXPECT_EQ(kColours.Choices(), "red|green");
}

TEST(Registry, RejectsUnknownNamesAndSuggestsTheNearest) {
  try {
    kColours.Find("gren", "--colour", ErrorKind::kConfig);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kConfig);
    EXPECT_STREQ(e.what(),
                 "--colour: unknown colour 'gren': did you mean 'green'?");
  }
}

}  // namespace
}  // namespace wsel
