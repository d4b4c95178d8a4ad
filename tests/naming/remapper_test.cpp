// The rows of a table against tensors that two of them place.

#include "naming/remapper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "naming/names.h"

namespace wsel::naming {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

RemappedStateDict RemapBy(std::vector<Row> rows,
                          const std::vector<std::string>& names) {
  const Source source = {
      .name = "a library", .markers = {}, .rows = std::move(rows)};
  const Copy copy = {.source = &source, .prefix = "", .file_prefix = ""};
  return Remap(Names(names, {2}), names, copy, {});
}

TEST(Remap, RejectsATensorThatTwoRowsPlaceAlike) {
  const auto twice =
      RemapBy({{.source = "layer.#.bias", .timm = "blocks.#.norm1.bias"},
               {.source = "layer.#.*", .timm = "blocks.#.norm1.bias"}},
              {"layer.0.bias"});
  ASSERT_THAT(twice.unexpected, SizeIs(1));
  EXPECT_EQ(twice.unexpected[0].name, "layer.0.bias");
  EXPECT_THAT(twice.unexpected[0].reason,
              AllOf(HasSubstr("twice as timm's blocks.0.norm1.bias"),
                    HasSubstr("'layer.#.bias' and 'layer.#.*' of a library")));
  EXPECT_THAT(twice.used, IsEmpty());
}

TEST(Remap, RejectsTwoTensorsThatAreTheSameOne) {
  const auto both = RemapBy({{.source = "a.bias", .timm = "norm.bias"},
                             {.source = "b.bias", .timm = "norm.bias"}},
                            {"a.bias", "b.bias"});
  ASSERT_THAT(both.unexpected, SizeIs(1));
  EXPECT_EQ(both.unexpected[0].name, "b.bias");
  EXPECT_EQ(both.unexpected[0].reason, "is timm's norm.bias, as is a.bias");
}

// As DINOv2's position of the class token, which is also added to the token.
TEST(Remap, TakesATensorThatIsPartOfTwo) {
  const auto shared = RemapBy({{.source = "positions", .timm = "pos_embed"},
                               {.source = "positions", .timm = "cls_token"}},
                              {"positions"});
  EXPECT_THAT(shared.unexpected, IsEmpty());
  EXPECT_THAT(shared.tensors->Specs(), SizeIs(2));
}

TEST(SourceTables, HaveEachRowOnce) {
  for (const Source& source : Sources()) {
    std::set<std::tuple<std::string, std::string, Part>> rows;
    for (const Row& row : source.rows) {
      EXPECT_TRUE(rows.insert({row.source, row.timm, row.part}).second)
          << source.name << ": " << row.source << " -> " << row.timm;
    }
  }
}

}  // namespace
}  // namespace wsel::naming
