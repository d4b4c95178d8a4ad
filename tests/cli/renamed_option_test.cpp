#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/run_wsel.h"

namespace wsel {
namespace {

using testing::HasSubstr;
using testing::Not;

// Old spellings work as the new ones, and log one line.
TEST(RenamedOption, TheOldNameStillWorks) {
  struct Case {
    std::vector<std::string> args;
    int exit_code;
    std::string note;
    std::string out;
  };
  const TempFolder folder;
  for (const Case& c : {
           Case{{"eval", "--checkpoint", "c.pth", "--dataset", "cifar10",
                 "--data-root", "none", "--batch", "2", "--dry-run"},
                0,
                "--batch is now --batch-size\n",
                "10000 images"},
           Case{{"eval", "--checkpoint", "c.pth", "--dataset", "cifar10",
                 "--data-root", "none", "--skip-broken", "--dry-run"},
                0,
                "--skip-broken is now --skip-corrupt\n",
                "10000 images"},
           Case{{"train", "--model", "vit_tiny", "--dataset", "cifar10",
                 "--data-root", "none", "--skip-broken", "--dry-run"},
                0,
                "--skip-broken is now --skip-corrupt\n",
                "\"skip_corrupt\": true"},
           Case{{"report", "none", "--reach", "60,70"},
                4,
                "--reach is now --target-accuracy\n",
                ""},
           Case{{"init", "--teacher", "vit_small.pth", "--student", "vit_tiny",
                 "--head", "fresh", "--dry-run"},
                0,
                "--head fresh is now --head reset\n",
                "192 of 384"},
       }) {
    SCOPED_TRACE(c.note);
    const Outcome run = RunWsel(folder, c.args);
    EXPECT_EQ(run.exit_code, c.exit_code) << run.err;
    EXPECT_THAT(run.out, HasSubstr(c.out));
    const size_t at = run.err.find(c.note);
    ASSERT_NE(at, std::string::npos) << run.err;
    EXPECT_EQ(run.err.find(c.note, at + 1), std::string::npos) << run.err;
  }
}

TEST(RenamedOption, TheOldNameSetsTheSameValue) {
  const TempFolder folder;
  const Outcome bad = RunWsel(folder, {"report", "none", "--reach", "500"});
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, HasSubstr("--target-accuracy: expected"));
}

TEST(RenamedOption, TheOldNameIsHidden) {
  const TempFolder folder;
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"eval", "--help"},
        {"report", "--help"},
        {"completion", "bash"},
        {"man"}}) {
    const std::string out = RunWsel(folder, args).out;
    EXPECT_THAT(out, Not(HasSubstr("skip-broken")));
    EXPECT_THAT(out, Not(HasSubstr("skip\\-broken")));
    EXPECT_THAT(out, Not(HasSubstr("-reach")));
  }
  const Outcome typo = RunWsel(folder, {"report", "--reac", "60"});
  EXPECT_EQ(typo.exit_code, 2);
  EXPECT_THAT(typo.err, Not(HasSubstr("--reach")));
}

}  // namespace
}  // namespace wsel
