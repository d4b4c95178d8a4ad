#include "wsel/select/family.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "select/family_match.h"
#include "throws.h"
#include "wsel/core/text_file.h"

namespace wsel::select {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr const char* kFamily = R"({
  "name": "mlp", "about": "for tests",
  "dimensions": {"width": "width", "layers": "layers",
                 "inner": {"role": "attention", "follows": "width"},
                 "classes": "fixed"},
  "tensors": {"stem": ["width", 3],
              "block.{layers}.in": ["3*inner", "width"],
              "block.{layers}.out": ["width", "inner"],
              "head": ["classes", "width"]},
  "optional": ["head"],
  "ignored": {"step": "counts batches", "block.{layers}.seen": "counts"}
})";

FamilyTable Read(const std::string& text = kFamily) {
  return FamilyFromJson(text, "mlp.json");
}

std::string With(const std::string& from, const std::string& to) {
  std::string text = kFamily;
  const size_t at = text.find(from);
  if (at == std::string::npos) throw std::out_of_range(from);
  return text.replace(at, from.size(), to);
}

std::vector<TensorSpec> File() {
  return {{"step", {}},
          {"stem", {4, 3}},
          {"block.0.in", {18, 4}},
          {"block.0.out", {4, 6}},
          {"block.0.seen", {1}},
          {"block.1.in", {18, 4}},
          {"block.1.out", {4, 6}}};
}

void ExpectReadError(const std::string& from, const std::string& to,
                     const std::vector<std::string>& parts) {
  ExpectError([&] { Read(With(from, to)); }, ErrorKind::kConfig, parts);
}

TEST(FamilyFromJson, ReadsDimensionsAndTemplates) {
  const FamilyTable family = Read();
  EXPECT_EQ(family.name, "mlp");
  EXPECT_EQ(family.dimensions[2].role, DimensionRole::kAttention);
  EXPECT_EQ(family.dimensions[2].follows, 0U);
  EXPECT_EQ(family.tensors[1].name.With(7), "block.7.in");
  EXPECT_EQ(family.tensors[1].axes[0].factor, 3);
  EXPECT_TRUE(family.tensors[3].optional);
  EXPECT_THAT(SizeNames(family), ElementsAre("width", "layers", "inner",
                                             "inner.heads", "classes"));
}

TEST(FamilyFromJson, ReadsEveryFileOfConfigs) {
  int count = 0;
  for (const auto& file : std::filesystem::directory_iterator(
           WSEL_SOURCE_DIR "/configs/families")) {
    const auto family =
        FamilyFromJson(ReadText(file.path()), file.path().string());
    EXPECT_EQ(family.name, file.path().stem());
    EXPECT_FALSE(family.about.empty());
    ++count;
  }
  EXPECT_GE(count, 7);
}

TEST(FamilyFromJson, SuggestsTheNearestKnownWord) {
  ExpectReadError("\"attention\"", "\"attn\"",
                  {"mlp.json.dimensions.inner.role", "unknown role 'attn'"});
  ExpectReadError("\"classes\": \"fixed\"", "\"classes\": \"fixd\"",
                  {"mlp.json.dimensions.classes", "did you mean 'fixed'"});
  ExpectReadError("[\"width\", 3]", "[\"widht\", 3]",
                  {"mlp.json.tensors.stem", "did you mean 'width'"});
  ExpectReadError("\"ignored\"", "\"ignore\"", {"did you mean 'ignored'"});
  ExpectReadError("[\"head\"]", "[\"haed\"]",
                  {"mlp.json.optional", "did you mean 'head'"});
  ExpectReadError("{layers}.in", "{layer}.in", {"did you mean 'layers'"});
}

TEST(FamilyFromJson, RejectsInvalidTemplatesAndAxes) {
  ExpectReadError("{layers}.in", "{width}.in",
                  {"'width' does not have the role layers"});
  ExpectReadError("{layers}.in", "{layers}.{layers}.in",
                  {"at most one {layers}"});
  ExpectReadError("{layers}.in", "}layers{.in", {"at most one {layers}"});
  ExpectReadError("[\"width\", 3]", "[\"width\", \"layers\"]",
                  {"use it in a name"});
  ExpectReadError("[\"width\", 3]", "[\"width\", 0]",
                  {"a size must be 1 or more"});
  ExpectReadError("[\"width\", 3]", "[\"width\", 1.5]",
                  {"a number, a dimension or"});
  ExpectReadError("[\"width\", 3]", "\"width\"", {"must be an array"});
  for (const char* parts : {"0*inner", "-3*inner", "x*inner", "9999*inner"}) {
    ExpectReadError("3*inner", parts,
                    {"the number of parts must be 1 to 1024"});
  }
  ExpectReadError("\"counts batches\"", "3",
                  {"mlp.json.ignored.step", "must be a string"});
}

TEST(FamilyFromJson, RejectsInvalidDimensions) {
  ExpectReadError("\"classes\": \"fixed\"",
                  "\"classes\": \"fixed\", \"x\": \"fixed\"",
                  {"mlp.json.dimensions.x", "no tensor has this dimension"});
  ExpectReadError(
      "[\"width\", 3]", "[\"width\", \"inner\"]",
      {"mlp.json.dimensions.inner", "inside and outside of layers"});
  ExpectReadError("\"follows\": \"width\"", "\"follows\": \"inner\"",
                  {"must name a dimension that does not follow another"});
  ExpectReadError("\"follows\": \"width\"", "\"follows\": \"layers\"",
                  {"layers cannot follow"});
  ExpectReadError("\"width\": \"width\"", "\"wi.dth\": \"width\"",
                  {"letters, digits and '_'"});
  ExpectReadError("\"head\": [", "\"stem\": [", {"stem"});  // a duplicate key
}

TEST(FamilyFromJson, ReadsHeadsAndTheFirstLayer) {
  const FamilyTable family =
      Read(With("\"layers\": \"layers\"",
                "\"layers\": {\"role\": \"layers\", \"from\": 1}"));
  EXPECT_EQ(family.tensors[1].name.With(0), "block.1.in");
  EXPECT_FALSE(HasHeadAxis(family, family.dimensions[2]));
  const FamilyTable heads =
      Read(With("[\"width\", \"inner\"]", "[\"width\", \"inner.heads\"]"));
  EXPECT_TRUE(heads.tensors[2].axes[1].per_head);
  EXPECT_TRUE(HasHeadAxis(heads, heads.dimensions[2]));
  ExpectReadError("[\"width\", 3]", "[\"width.heads\", 3]",
                  {"'width' has no heads"});
  ExpectReadError("\"width\": \"width\"",
                  "\"width\": {\"role\": \"width\", \"from\": 1}",
                  {"mlp.json.dimensions.width.from", "for the role layers"});
}

TEST(FamilyMatch, CountsLayersFromTheFirst) {
  const FamilyTable family =
      Read(With("\"layers\": \"layers\"",
                "\"layers\": {\"role\": \"layers\", \"from\": 1}"));
  std::vector<TensorSpec> file = {{"stem", {4, 3}},
                                  {"block.1.in", {18, 4}},
                                  {"block.1.out", {4, 6}},
                                  {"block.2.in", {18, 4}},
                                  {"block.2.out", {4, 6}}};
  EXPECT_EQ(Match(family, file, {}).sizes.at("layers"), 2);
  file.push_back({"block.0.in", {18, 4}});
  ExpectError([&] { Match(family, file, {}); }, ErrorKind::kMismatch,
              {"block.0.in", "matches no template"});
}

TEST(FamilyMatch, ReadsHeadsFromShapes) {
  const FamilyTable family =
      Read(With("\"head\": [\"classes\", \"width\"]",
                "\"block.{layers}.bias\": [9, \"inner.heads\"], "
                "\"head\": [\"classes\", \"width\"]"));
  std::vector<TensorSpec> file = File();
  file.push_back({"block.0.bias", {9, 3}});
  file.push_back({"block.1.bias", {9, 3}});
  EXPECT_EQ(Match(family, file, {}).sizes.at("inner.heads"), 3);
  ExpectError(
      [&] {
        Match(family, file, {{"inner.heads", 2}});
      },
      ErrorKind::kMismatch, {"inner.heads", "is 3", "2 was given"});
  const Sizes teacher = Match(family, file, {}).sizes;
  const Sizes whole =
      StudentSizes(family, teacher, {{"inner", 4}}, Heads::kWhole);
  EXPECT_EQ(whole.at("inner.heads"), 2);
  ExpectError(
      [&] {
        StudentSizes(family, teacher, {{"inner", 4}}, Heads::kFlat);
      },
      ErrorKind::kMismatch, {"heads", "'inner'", "heads=whole"});
  EXPECT_EQ(StudentSizes(family, teacher, {}, Heads::kFlat).at("inner.heads"),
            3);
  file.back().shape = {9, 2};
  ExpectError([&] { Match(family, file, {}); }, ErrorKind::kMismatch,
              {"block.1.bias", "'inner.heads' is 3"});
}

TEST(FamilyMatch, InfersSizesFromShapes) {
  const FamilyTable family = Read();
  const auto file = File();
  const FamilyMatch match = Match(family, file, {{"inner.heads", 2}});
  EXPECT_THAT(match.sizes, ElementsAre(Pair("inner", 6), Pair("inner.heads", 2),
                                       Pair("layers", 2), Pair("width", 4)));
  EXPECT_EQ(match.tensors.at({2, 1})->name, "block.1.out");
  EXPECT_EQ(match.ignored.size(), 2U);
}

void ExpectMismatch(const std::vector<TensorSpec>& file,
                    const std::vector<std::string>& parts,
                    const Sizes& given = {}) {
  const FamilyTable family = Read();
  ExpectError([&] { Match(family, file, given); }, ErrorKind::kMismatch, parts);
}

TEST(FamilyMatch, RejectsATensorThatNoTemplateMatches) {
  for (const char* name :
       {"stem2", "block.x.in", "block.01.in", "block.-1.in", "block..in",
        "block.99999999999.in", "block.2.in."}) {
    auto file = File();
    file.push_back({name, {1}});
    ExpectMismatch(file, {name, "matches no template of mlp.json"});
  }
  auto file = File();
  file.push_back({"hea", {1}});
  ExpectMismatch(file, {"the nearest is 'head'", "\"ignored\""});
}

TEST(FamilyMatch, RejectsATemplateThatMatchesNothing) {
  auto file = File();
  file.erase(file.begin() + 1);
  ExpectMismatch(file, {"stem: matches no tensor", "mlp.json", "\"optional\""});
}

TEST(FamilyMatch, RejectsTwoTemplatesForOneTensor) {
  const FamilyTable family =
      Read(With("\"stem\":", "\"block.0.in\": [18, \"width\"], \"stem\":"));
  const auto file = File();
  ExpectError([&] { Match(family, file, {}); }, ErrorKind::kConfig,
              {"mlp.json", "'block.0.in' and 'block.{layers}.in' both match"});
}

TEST(FamilyMatch, RejectsLayersWithAGap) {
  auto file = File();
  file[5].name = "block.2.in";
  ExpectMismatch(file, {"block.1.in: is missing from the teacher"});
  file = File();
  file.pop_back();
  ExpectMismatch(file, {"block.1.out: is missing from the teacher"});
}

TEST(FamilyMatch, RejectsContradictorySizes) {
  auto file = File();
  file[3].shape = {4, 7};
  ExpectMismatch(
      file, {"block.0.out: dimension 1 is 7", "'inner' is 6", "block.0.in"});
  file = File();
  file[2].shape = {17, 4};
  ExpectMismatch(file, {"17", "not 3 equal parts of 'inner'"});
  file = File();
  file[1].shape = {4, 4};
  ExpectMismatch(file, {"stem: dimension 1 is 4", "mlp.json expects 3"});
  file[1].shape = {4};
  ExpectMismatch(file, {"stem: has shape [4]", "2 dimensions"});
  file[1].shape = {0, 3};
  ExpectMismatch(file, {"stem"});
  ExpectMismatch(File(), {"width: is 4 in the teacher, but 5 was given"},
                 {{"width", 5}});
}

}  // namespace
}  // namespace wsel::select
