// docs/recipe.md lists what the program knows.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wsel/core/text_file.h"
#include "wsel/recipe/recipe.h"

namespace wsel::recipe {
namespace {

// To update it, paste the end of `wsel train --help-all`.
TEST(RecipeDocs, ListEveryValue) {
  const std::string docs = ReadText(WSEL_SOURCE_DIR "/docs/recipe.md");
  EXPECT_THAT(docs, testing::HasSubstr(FieldTable()));
}

}  // namespace
}  // namespace wsel::recipe
