#include "wsel/run/append_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "temp_folder.h"
#include "throws.h"
#include "wsel/core/text_file.h"

namespace wsel::run {
namespace {

void Put(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path) << text;
}

TEST(AppendFile, WritesAreVisibleImmediately) {
  const TempFolder folder;
  AppendFile file(folder / "log", std::nullopt);
  file.Write("one\n");
  EXPECT_EQ(ReadText(folder / "log"), "one\n");
  file.Write("two\n");
  EXPECT_EQ(ReadText(folder / "log"), "one\ntwo\n");
  EXPECT_EQ(file.bytes(), 8U);
  EXPECT_EQ(file.Flush(), 8U);
}

TEST(AppendFile, ANewRunReplacesAnOldFile) {
  const TempFolder folder;
  Put(folder / "log", "old");
  AppendFile file(folder / "log", std::nullopt);
  EXPECT_EQ(ReadText(folder / "log"), "");
  EXPECT_EQ(file.bytes(), 0U);
}

TEST(AppendFile, AResumedRunDropsWhatWasWrittenAfterItWasSaved) {
  const TempFolder folder;
  Put(folder / "log", "saved\nlost\nhal");
  AppendFile file(folder / "log", 6);
  EXPECT_EQ(ReadText(folder / "log"), "saved\n");
  EXPECT_EQ(file.bytes(), 6U);
  file.Write("again\n");
  EXPECT_EQ(ReadText(folder / "log"), "saved\nagain\n");
  EXPECT_EQ(file.bytes(), 12U);
}

TEST(AppendFile, ResumingAtTheEndKeepsEverything) {
  const TempFolder folder;
  Put(folder / "log", "saved\n");
  AppendFile file(folder / "log", 6);
  EXPECT_EQ(ReadText(folder / "log"), "saved\n");
}

TEST(AppendFile, ResumingAtZeroCreatesAMissingFile) {
  const TempFolder folder;
  AppendFile file(folder / "log", 0);
  file.Write("x");
  EXPECT_EQ(ReadText(folder / "log"), "x");
}

TEST(AppendFile, AFileShorterThanTheRunLeftItIsAnError) {
  const TempFolder folder;
  Put(folder / "log", "12345");
  ExpectError([&] { AppendFile(folder / "log", 6); }, ErrorKind::kFormat,
              {"log", "5 bytes", "6", "restore the run's own file"});
  EXPECT_EQ(ReadText(folder / "log"), "12345");
  ExpectError([&] { AppendFile(folder / "gone", 6); }, ErrorKind::kFormat,
              {"gone", "0 bytes"});
}

TEST(AppendFile, ErrorsNameTheFile) {
  const TempFolder folder;
  ExpectError([&] { AppendFile(folder.path(), std::nullopt); }, ErrorKind::kIo,
              {folder.path().string(), "directory"});
  ExpectError([&] { AppendFile(folder / "no/log", 3); }, ErrorKind::kIo,
              {"no/log", "No such file"});
}

TEST(AppendFile, AFullDiskIsAnError) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  AppendFile file("/dev/full", std::nullopt);
  ExpectError([&] { file.Write("x"); }, ErrorKind::kIo,
              {"/dev/full", "No space"});
}

}  // namespace
}  // namespace wsel::run
