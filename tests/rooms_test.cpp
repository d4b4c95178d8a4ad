// Checks the code against the table of rooms in CONTRIBUTING.md, and the
// checker itself with small trees that have one violation each.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>
#include <string>

#include "rooms_check.h"
#include "wsel/core/text_file.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

SourceTree ReadTree() {
  const fs::path root = WSEL_SOURCE_DIR;
  SourceTree tree;
  for (const char* folder : {"include", "src"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file()) continue;
      tree[fs::relative(entry, root).generic_string()] = ReadText(entry);
    }
  }
  return tree;
}

TEST(Rooms, CodeFollowsTheRules) {
  const SourceTree tree = ReadTree();
  EXPECT_TRUE(tree.contains("include/wsel/core/error.h"));
  EXPECT_THAT(RoomViolations(tree), IsEmpty());
}

TEST(Rooms, MatchContributing) {
  const std::string text =
      ReadText(fs::path(WSEL_SOURCE_DIR) / "CONTRIBUTING.md");
  static const std::regex kRow(R"(\| (\d+) \| `(\w+)` \|)");
  std::set<std::string> described;
  for (std::sregex_iterator row(text.begin(), text.end(), kRow), end;
       row != end; ++row) {
    const std::string room = row->str(2);
    described.insert(room);
    ASSERT_TRUE(RoomLevels().contains(room)) << room;
    EXPECT_EQ(RoomLevels().at(room), std::stoi(row->str(1))) << room;
  }
  for (const auto& entry :
       fs::directory_iterator(fs::path(WSEL_SOURCE_DIR) / "src")) {
    if (!entry.is_directory() || fs::is_empty(entry)) continue;
    EXPECT_TRUE(described.contains(entry.path().filename().string()))
        << "CONTRIBUTING.md does not describe " << entry.path();
  }
}

TEST(Rooms, TargetsLinkWhatTheyInclude) {
  const std::string cmake =
      ReadText(fs::path(WSEL_SOURCE_DIR) / "CMakeLists.txt");
  EXPECT_THAT(LinkViolations(ReadTree(), cmake), IsEmpty());
}

// The rooms that define architectures, each architecture's own files, and the
// tables of their rows.
bool MayAskForAnArchitecture(const std::string& path) {
  static const std::regex kOwn(
      R"((include/wsel|src)/(model|nn|onnx)/.*)"
      R"(|src/(naming|calibrate)/(timm_)?(vit|convnext)[^/]*)"
      R"(|src/naming/library_names\.h)"
      R"(|src/calibrate/(architecture|solved_layers)\.cpp)");
  return std::regex_match(path, kOwn);
}

// Every other one is a place to change for a new architecture: what it asks is
// to be a field of a descriptor (src/model/architecture.h) or of a row
// (src/calibrate/architecture.h). Those that are listed wait for that; a file
// that does without leaves the list.
TEST(Rooms, OnlyArchitecturesFilesAskForTheirConfig) {
  static const std::regex kConfigType(
      R"(\b(model::)?(Vit|ConvNext|ConvNextV2)Config\b)");
  std::set<std::string> asking;
  for (const auto& [path, text] : ReadTree()) {
    if (MayAskForAnArchitecture(path)) continue;
    if (std::regex_search(text, kConfigType)) asking.insert(path);
  }
  EXPECT_THAT(asking, ElementsAre("src/naming/kin_form.cpp",
                                  "src/pretrained/named_model.cpp",
                                  "src/select/config_pair.cpp"));
}

TEST(LinkViolations, AreIncludesWithoutALinkAndLinksUpward) {
  const SourceTree tree = {
      {"include/wsel/core/error.h", ""},
      {"src/run/log.cpp", "#include \"wsel/core/error.h\"\n"}};
  EXPECT_THAT(
      LinkViolations(tree, "wsel_room(core)\nwsel_room(run USES core)\n"),
      IsEmpty());
  EXPECT_THAT(
      LinkViolations(tree, "wsel_room(core)\nwsel_room(run TORCH core)\n"),
      ElementsAre("src/run/log.cpp: core is not in its USES"));
  EXPECT_THAT(LinkViolations(tree,
                             "wsel_room(core USES run)\n"
                             "wsel_room(run USES core)\n"),
              ElementsAre("core: links run of level 1"));
  EXPECT_THAT(LinkViolations(tree, "wsel_room(core)\n"),
              ElementsAre("run: is not a wsel_room"));
}

TEST(RoomViolations, AcceptsDownwardAndWithinARoom) {
  EXPECT_THAT(
      RoomViolations({
          {"include/wsel/core/error.h", "// Torch-free.\n#include <string>\n"},
          {"include/wsel/core/json.h",
           "// Torch-free.\n#include \"wsel/core/error.h\"\n"},
          {"src/select/plan.cpp", "#include \"wsel/core/json.h\"\n"},
          {"src/main.cpp", "#include \"wsel/cli/run.h\"\n"},
      }),
      IsEmpty());
}

TEST(RoomViolations, Upward) {
  EXPECT_THAT(RoomViolations({{"include/wsel/core/error.h",
                               "#include \"wsel/tensor/spec.h\"\n"}}),
              ElementsAre(HasSubstr("level 0 includes")));
}

TEST(RoomViolations, Sideways) {
  EXPECT_THAT(RoomViolations({{"src/model/layout.cpp",
                               "  #  include <wsel/checkpoint/open.h>\n"}}),
              ElementsAre(HasSubstr("level 2 includes")));
}

// "../model/vit.h" is found beside the including file, without "wsel/".
TEST(RoomViolations, SidewaysByARelativePath) {
  EXPECT_THAT(RoomViolations(
                  {{"src/checkpoint/open.cpp", "#include \"../model/vit.h\"\n"},
                   {"src/model/vit.h", "\n"}}),
              ElementsAre(HasSubstr("src/model/vit.h of level 2")));
}

TEST(RoomViolations, UnknownRoom) {
  EXPECT_THAT(RoomViolations({{"src/attic/box.cpp", "\n"}}),
              ElementsAre(HasSubstr("no known room")));
  EXPECT_THAT(RoomViolations({{"include/wsel/loose.h", "\n"}}),
              ElementsAre(HasSubstr("no known room")));
  EXPECT_THAT(
      RoomViolations({{"src/cli/init.cpp", "#include \"wsel/attic/box.h\"\n"}}),
      ElementsAre(HasSubstr("unknown room attic")));
}

TEST(RoomViolations, Cycle) {
  EXPECT_THAT(RoomViolations(
                  {{"include/wsel/core/a.h", "#include \"wsel/core/b.h\"\n"},
                   {"include/wsel/core/b.h", "#include \"wsel/core/c.h\"\n"},
                   {"include/wsel/core/c.h", "#include \"wsel/core/b.h\"\n"}}),
              ElementsAre(HasSubstr("b.h: is on an include cycle"),
                          HasSubstr("c.h: is on an include cycle")));
}

TEST(RoomViolations, TorchFreeHeaderThatIncludesTorch) {
  EXPECT_THAT(
      RoomViolations({
          {"include/wsel/model/config.h",
           "// Torch-free.\n#include \"wsel/tensor/bridge.h\"\n"},
          {"include/wsel/tensor/bridge.h", "#include <ATen/core/Tensor.h>\n"},
      }),
      ElementsAre(
          "include/wsel/model/config.h: marked torch-free, but includes "
          "ATen/core/Tensor.h"));
  EXPECT_THAT(
      RoomViolations({{"include/wsel/core/a.h",
                       "// Torch-free.\n#include <c10/util/Half.h>\n"}}),
      ElementsAre(HasSubstr("c10/util/Half.h")));
}

TEST(RoomViolations, UsingNamespaceInAHeader) {
  EXPECT_THAT(RoomViolations({{"include/wsel/core/a.h",
                               "namespace wsel { using  namespace std; }\n"}}),
              ElementsAre(HasSubstr("using namespace")));
  EXPECT_THAT(RoomViolations(
                  {{"src/core/a.cpp", "using namespace std;\n"},
                   {"include/wsel/core/a.h", "// no using namespace here\n"}}),
              IsEmpty());
}

TEST(RoomViolations, MeaninglessNames) {
  for (const char* path :
       {"src/core/utils.cpp", "include/wsel/core/common.h", "src/core/misc.cpp",
        "src/core/file_manager.cpp", "src/core/ErrorHandler.cpp",
        "include/wsel/core/run_context.h", "src/core/helpers/a.cpp"}) {
    EXPECT_THAT(RoomViolations({{path, "\n"}}),
                ElementsAre(HasSubstr("not a descriptive name")))
        << path;
  }
}

}  // namespace
}  // namespace wsel
