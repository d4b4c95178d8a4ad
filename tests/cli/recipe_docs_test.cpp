// docs/recipe.md lists what the program knows.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/recipe_args.h"
#include "wsel/core/text_file.h"

namespace wsel::cli {
namespace {

// To update it, paste the end of `wsel train --help-all`.
TEST(RecipeDocs, ListEveryValue) {
  const std::string docs = ReadText(WSEL_SOURCE_DIR "/docs/recipe.md");
  EXPECT_THAT(docs, testing::HasSubstr(RecipeFieldTable()));
}

}  // namespace
}  // namespace wsel::cli
