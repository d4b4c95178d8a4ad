#include "wsel/run/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>

#include "temp_folder.h"
#include "throws.h"
#include "wsel/core/atomic_file.h"

namespace wsel::run {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LogFile : public testing::Test {
 protected:
  Log Csv(const std::string& text) const {
    WriteTextFile(folder_ / "summary.csv", text);
    return ReadLog(folder_ / "summary.csv");
  }
  Log Official(const std::string& text) const {
    WriteTextFile(folder_ / "log.txt", text);
    return ReadLog(folder_ / "log.txt");
  }
  void ExpectFormatError(const std::string& text,
                         const std::vector<std::string>& parts) const {
    ExpectError([&] { Csv(text); }, ErrorKind::kFormat, parts);
  }
  TempFolder folder_;
};

std::vector<int64_t> EpochsOf(const Log& log) {
  std::vector<int64_t> epochs;
  for (const Epoch& epoch : log.epochs) epochs.push_back(epoch.epoch);
  return epochs;
}

TEST_F(LogFile, ReadsThisProgramsSummary) {
  const Log log =
      Csv("epoch,train_loss,eval_loss,eval_top1,eval_top5,lr\n"
          "1,2.25,,,,0.1\n"
          "2,nan,1.5,82.5,99,0.1\n");
  ASSERT_EQ(log.epochs.size(), 2U);
  EXPECT_FALSE(log.epochs[0].top1);
  EXPECT_EQ(log.epochs[0].train_loss, 2.25);
  EXPECT_EQ(log.epochs[1].top1, 82.5);
  EXPECT_EQ(log.epochs[1].top5, 99);
  EXPECT_THAT(log.notes, IsEmpty());
}

// Other order, more columns, quotes, "\r\n", epochs from 0.
TEST_F(LogFile, ReadsTimmsVariations) {
  const Log log =
      Csv("lr,\"eval_acc1\",epoch,train_loss,note\r\n"
          "0.1,10.5,0,2.5,\"a, \"\"b\"\"\"\r\n"
          "0.1, 20.5 ,1.0,2,\r\n");
  EXPECT_THAT(EpochsOf(log), ElementsAre(1, 2));
  EXPECT_EQ(log.epochs[1].top1, 20.5);
  EXPECT_FALSE(log.epochs[1].top5);
}

// Written by timm's own function, with a resume.
TEST(ReadSummaryCsv, ReadsTimmsOwn) {
  const Log log =
      ReadSummaryCsv(std::filesystem::path(WSEL_SOURCE_DIR) / "tests" /
                     "golden" / "report" / "timm_summary.csv");
  EXPECT_THAT(EpochsOf(log), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(log.epochs[0].top1, 20.5);
  EXPECT_EQ(log.epochs[3].top1, 51.5);
  EXPECT_EQ(log.epochs[3].top5, 80.25);
  EXPECT_EQ(log.epochs[1].train_loss, 2);
  EXPECT_THAT(log.notes, IsEmpty());
}

TEST_F(LogFile, EpochsAfterAResumeReplaceEarlierOnes) {
  const Log log =
      Csv("epoch,eval_top1\n0,1.5\n1,2\n2,3\n"
          "epoch,eval_top1\n1,5\n2,6\n");
  EXPECT_THAT(EpochsOf(log), ElementsAre(1, 2, 3));
  EXPECT_EQ(log.epochs[1].top1, 5);
}

// Editors and Excel leave the last line end out, and Excel adds a mark.
TEST_F(LogFile, ReadsAWholeLastLineWithoutAnEnd) {
  const Log log =
      Csv("\xEF\xBB\xBF"
          "epoch,eval_top1,lr\r\n1,50,0.1\r\n2,82.5,0.05");
  EXPECT_THAT(EpochsOf(log), ElementsAre(1, 2));
  EXPECT_EQ(log.epochs[1].top1, 82.5);
  EXPECT_THAT(log.notes, IsEmpty());
  // The header, which timm repeats, and a quote can be cut off too.
  for (const char* cut : {"epoch,eval_top1,l", "2,\"82.", "2,8"}) {
    const Log other = Csv(std::string("epoch,eval_top1,lr\n1,50,1\n") + cut);
    EXPECT_THAT(EpochsOf(other), ElementsAre(1)) << cut;
    EXPECT_THAT(other.notes, ElementsAre(HasSubstr("last line"))) << cut;
  }
  const Log official = Official(
      "\xEF\xBB\xBF"
      "{\"epoch\": 0, \"test_acc1\": 50}\n"
      "{\"epoch\": 1, \"test_acc1\": 60}");
  EXPECT_THAT(EpochsOf(official), ElementsAre(1, 2));
  EXPECT_THAT(official.notes, IsEmpty());
}

// As Windows programs save "Unicode".
TEST_F(LogFile, Utf16IsNamed) {
  ExpectFormatError(std::string("\xFF\xFE"
                                "e\0p\0",
                                6),
                    {"UTF-16", "save it as UTF-8"});
  ExpectFormatError(std::string("\xFE\xFF\0e\0p", 6), {"UTF-16"});
}

TEST_F(LogFile, LeavesOutAnIncompleteLastLine) {
  const Log log = Csv("epoch,eval_top1\n1,50\n2,8");
  EXPECT_THAT(EpochsOf(log), ElementsAre(1));
  EXPECT_THAT(log.notes, ElementsAre(HasSubstr("last line")));
  EXPECT_THAT(Csv("epoch,eval").epochs, IsEmpty());
}

TEST_F(LogFile, ReadsTheOfficialLog) {
  const Log log =
      Official(R"({"train_lr": 0.1, "train_loss": 4.5, "test_loss": 3.5, )"
               R"("test_acc1": 12.5, "test_acc5": 30.0, "epoch": 0, )"
               R"("n_parameters": 5717416})"
               "\n"
               R"({"train_loss": 4.0, "test_acc1": 20.0, "epoch": 1})"
               "\n"
               R"({"train_loss": 4.0, "test_)");
  EXPECT_THAT(EpochsOf(log), ElementsAre(1, 2));
  EXPECT_EQ(log.epochs[0].top1, 12.5);
  EXPECT_EQ(log.epochs[0].eval_loss, 3.5);
  EXPECT_EQ(log.parameters, 5717416);
  EXPECT_EQ(log.notes.size(), 1U);
}

TEST_F(LogFile, ErrorsOfCorruptSummariesNameTheLine) {
  const std::string header = "epoch,eval_top1\n";
  ExpectFormatError("", {"summary.csv: is empty"});
  ExpectFormatError("\n", {"is empty"});
  ExpectFormatError("epoch,loss\n",
                    {"summary.csv:1", "eval_top1 or top1", "epoch, loss"});
  ExpectFormatError("eval_top1\n", {"no column epoch"});
  ExpectFormatError(header + "1,50\n2\n", {"summary.csv:3", "1 cells"});
  ExpectFormatError(header + "\n1,5o\n",
                    {"summary.csv:3", "'5o' is not a number"});
  ExpectFormatError(header + "1,0x10\n", {"is not a number"});
  ExpectFormatError(header + "1,1e999\n", {"is not a number"});
  ExpectFormatError(header + "1,250\n", {"top-1 is 250"});
  ExpectFormatError(header + "nan,1\n", {"epoch is nan"});
  ExpectFormatError(header + "-1,50\n", {"epoch is -1"});
  ExpectFormatError(header + "1.5,50\n", {"epoch is 1.5"});
  ExpectFormatError(header + "1e300,50\n", {"epoch is 1e+300"});
  ExpectFormatError(header + ",50\n", {"has no epoch"});
  ExpectFormatError(header + "1,\"50\n", {"inside quotes"});
  ExpectFormatError(std::string(5000, ',') + "\n", {"4096 columns"});
  ExpectFormatError(header + std::string(2 << 20, '1') + "\n", {":2", "1 MB"});
  ExpectFormatError(std::string("\x1b[31m\0,\n", 8), {"[31m"});
}

// Messages must not contain terminal control sequences from the file.
TEST_F(LogFile, MessagesAreEscaped) {
  try {
    Csv("epoch,\x1b]0;x\x07\n");
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), testing::Not(HasSubstr("\x1b")));
  }
}

TEST_F(LogFile, ErrorsOfCorruptOfficialLogsNameTheLine) {
  const auto expect_error = [&](const std::string& text,
                                const std::vector<std::string>& parts) {
    ExpectError([&] { Official(text); }, ErrorKind::kFormat, parts);
  };
  expect_error("{\"epoch\": 1}\n{\"epoch\": 2\n", {"log.txt:2"});
  expect_error("{\"test_acc1\": 5}\n", {"log.txt:1.epoch", "is missing"});
  expect_error("{\"epoch\": 1, \"test_acc1\": \"x\"}\n",
               {"log.txt:1.test_acc1"});
  expect_error("{\"epoch\": 1, \"test_acc1\": -3}\n", {"test_acc1 is -3"});
  expect_error("{" + std::string(100000, '[') + "\n", {"log.txt:1"});
}

// A run resumed into a new folder, or evaluated every few epochs.
TEST_F(LogFile, EpochsAreRightWhateverTheFirstRowIs) {
  const auto epochs = [&](const std::string& rows) {
    return EpochsOf(Csv("epoch,eval_top1\n" + rows));
  };
  EXPECT_THAT(epochs("0,1\n1,2\n"), ElementsAre(1, 2));
  EXPECT_THAT(epochs("1,1\n2,2\n"), ElementsAre(1, 2));
  EXPECT_THAT(epochs("4,1\n9,2\n14,3\n"), ElementsAre(5, 10, 15));
  EXPECT_THAT(epochs("5,1\n10,2\n15,3\n"), ElementsAre(5, 10, 15));
  EXPECT_THAT(epochs("7,1\n8,2\n"), ElementsAre(8, 9));
  EXPECT_THAT(
      Csv("epoch,eval_top1\n7,1\n8,2\n").notes,
      ElementsAre(HasSubstr("first epoch is 7, taken to count from 0")));
  EXPECT_THAT(EpochsOf(Official("{\"epoch\": 7, \"test_acc1\": 50}\n"
                                "{\"epoch\": 8, \"test_acc1\": 50}\n")),
              ElementsAre(8, 9));
  WriteTextFile(folder_ / "metrics.jsonl", "");  // of this program
  EXPECT_THAT(epochs("2,1\n3,2\n"), ElementsAre(2, 3));
}

TEST_F(LogFile, TheFirstEpochOfTimmsMayBeOne) {
  WriteTextFile(folder_ / "args.yaml", "");
  EXPECT_THAT(EpochsOf(Csv("epoch,eval_top1\n1,1\n2,2\n")), ElementsAre(2, 3));
}

TEST_F(LogFile, ReadsNaNAndInfinityAsPythonWritesThem) {
  const Log log = Official(
      "{\"train_grad_norm\": Infinity, \"train_loss\": NaN, \"note\": \"a "
      "\\\"NaN\", \"test_loss\": -Infinity, \"test_acc1\": 10, \"epoch\": 0}\n"
      "{\"test_acc1\": NaN, \"test_acc5\": 30, \"epoch\": 1}\n"
      "{\"train_grad_norm\": NaN, \"test_acc1\": 12, \"epoch\": 2}");
  EXPECT_THAT(EpochsOf(log), ElementsAre(1, 2, 3));
  EXPECT_TRUE(std::isnan(*log.epochs[0].train_loss));
  EXPECT_EQ(log.epochs[0].eval_loss, -INFINITY);
  EXPECT_FALSE(log.epochs[1].top1);
  EXPECT_EQ(log.epochs[1].top5, 30);
  EXPECT_THAT(log.notes, ElementsAre(HasSubstr("in 1 of 3 epochs")));
  const Log csv = Csv("epoch,eval_top1,eval_loss\n0,nan,Infinity\n1,50,NaN\n");
  EXPECT_FALSE(csv.epochs[0].top1);
  EXPECT_EQ(csv.epochs[0].eval_loss, INFINITY);
  EXPECT_TRUE(std::isnan(*csv.epochs[1].eval_loss));
}

TEST_F(LogFile, PossibleFractionsAreNotedNotConverted) {
  const Log log = Csv("epoch,eval_top1\n1,0.5\n2,0.8\n");
  EXPECT_EQ(log.epochs[1].top1, 0.8);
  EXPECT_THAT(log.notes, ElementsAre(HasSubstr("fraction")));
}

// Opening a pipe to read its first character would block forever.
TEST_F(LogFile, APipeIsAnIoError) {
  ASSERT_EQ(mkfifo((folder_ / "log.txt").c_str(), 0600), 0);
  ExpectError([&] { ReadLog(folder_ / "log.txt"); }, ErrorKind::kIo,
              {"log.txt"});
}

TEST_F(LogFile, AMissingFileIsAnIoError) {
  ExpectError([&] { ReadLog(folder_ / "none.csv"); }, ErrorKind::kIo,
              {"none.csv"});
}

}  // namespace
}  // namespace wsel::run
