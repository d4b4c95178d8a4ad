#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/run_wsel.h"
#include "wsel/core/atomic_file.h"

namespace wsel {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// Bash's completions of the last word, by the script that wsel prints.
std::string Completions(const TempFolder& folder, const std::string& words) {
  WriteTextFile(folder / "wsel.bash",
                RunWsel(folder, {"completion", "bash"}).out);
  WriteTextFile(folder / "ask",
                "source wsel.bash\nCOMP_WORDS=(wsel " + words +
                    ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_wsel\n"
                    "echo \"${COMPREPLY[@]}\" >offered\n");
  const std::string line =
      fmt::format("cd '{}' && bash -e ask", folder.path().string());
  EXPECT_EQ(std::system(line.c_str()), 0);
  return ReadAll(folder / "offered");
}

TEST(Completion, CompletesCommandsOptionsAndValues) {
  const TempFolder folder;
  EXPECT_EQ(Completions(folder, "swe"), "sweep\n");
  EXPECT_THAT(Completions(folder, "init --te"),
              AllOf(HasSubstr("--teacher "), HasSubstr("--teacher-model"),
                    Not(HasSubstr("--student"))));
  EXPECT_THAT(Completions(folder, "init --method l"),
              AllOf(HasSubstr("l1"), HasSubstr("l2-shared"),
                    Not(HasSubstr("uniform"))));
  EXPECT_THAT(Completions(folder, "train --dataset cifar"),
              HasSubstr("cifar10 cifar100"));
  EXPECT_THAT(Completions(folder, "init --student convnext_f"),
              HasSubstr("convnext_femto"));
  EXPECT_EQ(Completions(folder, "eval --precision f"), "fp32 fp16\n");
  for (const std::string command : {"train", "sweep", "probe", "eval"}) {
    EXPECT_EQ(Completions(folder, command + " --device c"), "cpu cuda\n");
  }
}

TEST(Completion, CompletesSubcommandsAndTheirWords) {
  const TempFolder folder;
  EXPECT_EQ(Completions(folder, "datasets ''"), "check\n");
  EXPECT_THAT(Completions(folder, "datasets check c"),
              HasSubstr("cifar10 cifar100"));
  EXPECT_EQ(Completions(folder, "datasets check cifar10 ''"), "\n");
  EXPECT_EQ(Completions(folder, "datasets check --split t"), "train test\n");
  EXPECT_EQ(Completions(folder, "analyze w"), "weights\n");
  EXPECT_EQ(Completions(folder, "analyze attention --blo"), "--block\n");
  EXPECT_EQ(Completions(folder, "completion ''"), "bash zsh fish\n");
}

// bash splits the line at "=".
TEST(Completion, CompletesKeysOfTheRecipeAndTheirValues) {
  const TempFolder folder;
  for (const std::string command : {"train", "sweep"}) {
    const std::string set = command + " --set ";
    EXPECT_EQ(Completions(folder, set + "train.ep"), "train.epochs=\n");
    EXPECT_EQ(Completions(folder, set + "train.precision = b"), "bf16\n");
    EXPECT_EQ(Completions(folder, set + "distill.cache ="), "true false\n");
  }
  EXPECT_THAT(Completions(folder, "init --method = l"), HasSubstr("l1"));
}

// They are not cut at their first punctuation.
TEST(Completion, DescriptionsAreWhole) {
  const TempFolder folder;
  const std::string about =
      "Verify counts and labels, and decode every image; exit code 5 if an "
      "image is corrupt or a count differs";
  for (const std::string shell : {"zsh", "fish"}) {
    EXPECT_THAT(RunWsel(folder, {"completion", shell}).out, HasSubstr(about));
  }
}

// Every installed shell parses its script.
TEST(Completion, EachShellParsesItsScript) {
  const TempFolder folder;
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const Outcome script = RunWsel(folder, {"completion", shell});
    ASSERT_EQ(script.exit_code, 0) << script.err;
    EXPECT_THAT(script.out, HasSubstr("retry-failed"));
    WriteTextFile(folder / "script", script.out);
    const std::string line =
        fmt::format("! command -v {0} >/dev/null || {0} -n '{1}'", shell,
                    (folder / "script").string());
    EXPECT_EQ(std::system(line.c_str()), 0) << shell;
  }
  const Outcome bad = RunWsel(folder, {"completion", "bsh"});
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, HasSubstr("did you mean 'bash'"));
}

TEST(ManPage, NamesEveryCommandAndPassesGroff) {
  const TempFolder folder;
  const Outcome page = RunWsel(folder, {"man"});
  ASSERT_EQ(page.exit_code, 0) << page.err;
  for (const char* part :
       {".TH WSEL 1", ".SH INIT", ".SH SWEEP", "\\-\\-output",
        ".SH RECIPE KEYS", "optimizer.lr", ".SH MODEL KEYS", "model.embed_dim",
        "model.depths", ".SH FILES", "metrics.jsonl", ".SH EXAMPLES",
        "wsel report run1 run2", ".SH EXIT STATUS"}) {
    EXPECT_THAT(page.out, HasSubstr(part));
  }
  WriteTextFile(folder / "page", page.out);
  const std::string line = fmt::format(
      "! command -v groff >/dev/null || groff -man -Tutf8 -ww '{0}' 2>'{1}' "
      ">/dev/null",
      (folder / "page").string(), (folder / "warnings").string());
  EXPECT_EQ(std::system(line.c_str()), 0);
  if (std::filesystem::exists(folder / "warnings")) {
    EXPECT_EQ(ReadAll(folder / "warnings"), "");
  }
}

}  // namespace
}  // namespace wsel
