#include "wsel/plot/gnuplot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "core/child_process.h"
#include "temp_folder.h"
#include "throws.h"

namespace wsel::plot {
namespace {

using testing::StartsWith;

constexpr const char* kPng = "set terminal pngcairo size 90,60\n";

bool IsInstalled() { return RunGnuplot("").has_value(); }

TEST(Gnuplot, ReturnsItsOutput) {
  if (!IsInstalled()) GTEST_SKIP() << "no gnuplot: apt-get install gnuplot-nox";
  EXPECT_EQ(RunGnuplot("set print '-'\nprint 6 * 7\n"), "42\n");
}

// More than a pipe's buffer, in both directions.
TEST(Gnuplot, HandlesLargeInputAndOutput) {
  if (!IsInstalled()) GTEST_SKIP() << "no gnuplot: apt-get install gnuplot-nox";
  const std::string script = "# " + std::string(200000, 'x') +
                             "\nset print '-'\n"
                             "do for [i=1:30000] { print 12345 }\n";
  EXPECT_EQ(RunGnuplot(script)->size(), 6 * 30000);
}

TEST(Gnuplot, ReportsGnuplotsError) {
  if (!IsInstalled()) GTEST_SKIP() << "no gnuplot: apt-get install gnuplot-nox";
  ExpectError([] { RunGnuplot("plot nonsense +\n"); }, ErrorKind::kIo,
              {"gnuplot", "expression"});
}

TEST(Gnuplot, ReadsBinaryData) {
  if (!IsInstalled()) GTEST_SKIP() << "no gnuplot: apt-get install gnuplot-nox";
  const TempFolder folder;
  const float values[] = {0, 1, 2, 3, 4, 5};
  std::string script = kPng;
  script += "plot '-' binary array=(3,2) format='%float' with image\n";
  script.append(reinterpret_cast<const char*>(values), sizeof(values));
  EXPECT_TRUE(DrawPng(folder / "x.png", script));
  EXPECT_EQ(folder.FileCount(), 1);
}

TEST(Gnuplot, KeepsTheOldPngOnFailure) {
  if (!IsInstalled()) GTEST_SKIP() << "no gnuplot: apt-get install gnuplot-nox";
  const TempFolder folder;
  const auto path = folder / "x.png";
  ASSERT_TRUE(DrawPng(path, std::string(kPng) + "plot x\n"));
  const auto old = std::filesystem::file_size(path);
  ExpectError([&] { DrawPng(path, std::string(kPng) + "plot (\n"); },
              ErrorKind::kIo, {"gnuplot"});
  ExpectError([&] { DrawPng(path, "set print '-'\nprint 1\n"); },
              ErrorKind::kIo, {"not produce a PNG", "x.png"});
  EXPECT_EQ(std::filesystem::file_size(path), old);
  EXPECT_EQ(folder.FileCount(), 1);
}

TEST(Gnuplot, ReturnsNothingIfNotOnThePath) {
  EXPECT_EQ(ExitCodeOfChild([] {
              setenv("PATH", "/nowhere", 1);
              return RunGnuplot("") ? 1 : 0;
            }),
            0);
}

}  // namespace
}  // namespace wsel::plot
