// The confusion matrix that a run writes, in reports.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "report/made_runs.h"
#include "temp_folder.h"
#include "wsel/report/experiment.h"
#include "wsel/report/formats.h"
#include "wsel/report/report.h"

namespace wsel::report {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(Confusion, OfARunIsRead) {
  const TempFolder folder;
  MakeRun(folder / "a", 0, {50});
  Write(folder / "a/confusion.csv",
        "label,cat,\"bell, red\"\ncat,3,1\n"
        "\"bell, red\",0,4\n");
  const auto run = ReadRun(folder / "a");
  ASSERT_TRUE(run.confusion);
  EXPECT_THAT(run.confusion->classes, testing::ElementsAre("cat", "bell, red"));
  EXPECT_THAT(run.confusion->counts[0], testing::ElementsAre(3, 1));
  EXPECT_THAT(run.confusion->counts[1], testing::ElementsAre(0, 4));
}

TEST(Confusion, IsInReportsOfFewRuns) {
  const TempFolder folder;
  const auto markdown = [&] {
    return ToMarkdown(MakeReport(ReadExperiment({folder / "r"}), {}));
  };
  const auto make = [&](const std::string& name) {
    MakeRun(folder / "r" / name, 0, {50});
    Write(folder / "r" / name / "confusion.csv",
          "label,cat,dog\ncat,3,1\ndog,0,4\n");
  };
  make("a");
  EXPECT_THAT(markdown(),
              AllOf(HasSubstr("## Confusion matrix of the best weights\n"),
                    HasSubstr("| cat | **3** | 1 |")));
  for (const char* name : {"b", "c", "d"}) make(name);
  EXPECT_THAT(markdown(),
              HasSubstr("## Confusion matrix of the best weights, "));
  make("e");
  EXPECT_THAT(markdown(), Not(HasSubstr("Confusion matrix")));
}

// The run is reported without it.
TEST(Confusion, ThatIsCorruptIsANote) {
  const TempFolder folder;
  MakeRun(folder / "a", 0, {50});
  for (const char* text :
       {"", "label\n", "x,a\na,1\n", "label,a\n", "label,a\na,-1\n",
        "label,a\na,1\na,1\n", "label,a\na,1,2\n", "label,a\na,x\n",
        "label,\"a\n"}) {
    Write(folder / "a/confusion.csv", text);
    const auto run = ReadRun(folder / "a");
    EXPECT_FALSE(run.confusion) << text;
    ASSERT_EQ(run.log.notes.size(), 1U) << text;
    EXPECT_THAT(run.log.notes[0], HasSubstr("confusion.csv")) << text;
  }
}

TEST(Confusion, OfManyClassesIsLeftInTheFile) {
  const TempFolder folder;
  MakeRun(folder / "a", 0, {50});
  std::string header = "label";
  for (int i = 0; i < 21; ++i) header += ",c" + std::to_string(i);
  Write(folder / "a/confusion.csv", header + "\n");
  const auto run = ReadRun(folder / "a");
  EXPECT_FALSE(run.confusion);
  EXPECT_TRUE(run.log.notes.empty());
}

}  // namespace
}  // namespace wsel::report
