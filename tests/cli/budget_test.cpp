// Students whose sizes a budget chooses.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/calibrated_init.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/text_file.h"

namespace wsel {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A row of the front: parameters in millions, and the estimated error.
struct Row {
  std::string width;
  std::string depth;
  double parameters = 0;
  double estimated = 0;
  bool chosen = false;
};

std::vector<Row> RowsOf(const std::string& out) {
  std::istringstream lines(out);
  std::string line;
  while (std::getline(lines, line) && !line.starts_with("sizes ")) continue;
  std::getline(lines, line);  // the headings
  std::vector<Row> rows;
  while (std::getline(lines, line) &&
         (line.starts_with("  ") || line.starts_with("* "))) {
    std::istringstream fields(line.substr(1));
    Row row;
    std::string heads;
    std::string unit;
    double gflops = 0;
    fields >> row.width >> row.depth >> heads >> row.parameters >> unit >>
        gflops >> row.estimated;
    row.chosen = line.starts_with('*');
    rows.push_back(row);
  }
  return rows;
}

class BudgetOfInit : public CalibratedInit {
 protected:
  // wsel init under this budget on the four images, and `more`.
  Outcome Init(const std::string& budget,
               const std::vector<std::string>& more) const {
    return InitAs("--budget", budget, more);
  }
  int64_t ParametersOf(const std::string& name) const {
    const auto file = checkpoint::Open(folder_ / name);
    int64_t count = 0;
    for (const TensorSpec& spec : file->Specs()) {
      count += *Numel(spec.shape);
    }
    return count;
  }
};

TEST_F(BudgetOfInit, IsMetByTheStudentAndTheFrontIsMonotone) {
  for (const char* method :
       {"uniform", "activation", "regression", "projection"}) {
    const Outcome made =
        Init("params=12K", {"--method", method, "--output", "s.safetensors"});
    ASSERT_EQ(made.exit_code, 0) << method << made.err;
    EXPECT_LE(ParametersOf("s.safetensors"), 12000) << method;
    EXPECT_THAT(made.out, AllOf(HasSubstr("sizes    params=12K: 9 tried"),
                                HasSubstr("note     budget params=12K: width "),
                                HasSubstr("energy kept, relative error")))
        << method;
    const auto rows = RowsOf(made.out);
    ASSERT_GE(rows.size(), 2U) << made.out;
    int chosen = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      chosen += rows[i].chosen ? 1 : 0;
      if (rows[i].chosen) {
        EXPECT_LE(rows[i].parameters, 0.012);
      }
      if (i == 0) continue;
      EXPECT_GE(rows[i].parameters, rows[i - 1].parameters) << made.out;
      EXPECT_LE(rows[i].estimated, rows[i - 1].estimated) << made.out;
    }
    EXPECT_EQ(chosen, 1) << made.out;
    EXPECT_EQ(rows.back().width, "24");  // the teacher itself
    EXPECT_EQ(rows.back().estimated, 0);
  }
}

TEST_F(BudgetOfInit, IsReplayedToTheSameBytes) {
  for (const char* method : {"activation", "projection"}) {
    const Outcome made =
        Init("flops=500K", {"--method", method, "--output", "a.safetensors",
                            "--save-plan", "plan.json", "--threads", "1"});
    ASSERT_EQ(made.exit_code, 0) << made.err;
    std::vector<std::string> replay = {
        "init",      "--teacher", "teacher.safetensors", "--plan",
        "plan.json", "--output",  "b.safetensors"};
    if (method == std::string("projection")) {
      replay.insert(replay.end(), {"--data-root", kFolderSet});
    }
    const Outcome same = Run(replay);
    ASSERT_EQ(same.exit_code, 0) << same.err;
    EXPECT_EQ(TensorsOf("a.safetensors"), TensorsOf("b.safetensors"));
    // And the choice is the same for any number of threads.
    const Outcome again =
        Init("flops=500K", {"--method", method, "--output", "c.safetensors",
                            "--save-plan", "again.json", "--threads", "2"});
    ASSERT_EQ(again.exit_code, 0) << again.err;
    EXPECT_EQ(again.out, made.out);
    EXPECT_EQ(ReadText(folder_ / "again.json"),
              ReadText(folder_ / "plan.json"));
    EXPECT_EQ(TensorsOf("a.safetensors"), TensorsOf("c.safetensors"));
  }
}

TEST_F(BudgetOfInit, ADryRunPrintsTableAndPlanOnly) {
  const Outcome dry = Init("params=12K", {"--dry-run"});
  ASSERT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_THAT(dry.out,
              AllOf(HasSubstr("estimated  measured"), HasSubstr("index sets"),
                    HasSubstr("tensors\n"), Not(HasSubstr("energy kept"))));
}

TEST_F(BudgetOfInit, FixedSizesStayFixed) {
  const Outcome deep =
      Init("params=20K", {"--depth", "2", "--dry-run", "--num-classes", "2"});
  ASSERT_EQ(deep.exit_code, 0) << deep.err;
  const auto rows = RowsOf(deep.out);
  ASSERT_EQ(rows.size(), 3U) << deep.out;
  for (const Row& row : rows) EXPECT_EQ(row.depth, "2");
  const Outcome wide = Init("params=20K", {"--embed-dim", "12", "--num-heads",
                                           "3", "--json", "--dry-run"});
  ASSERT_EQ(wide.exit_code, 0) << wide.err;
  const json student = json::parse(wide.out)["student"];
  EXPECT_EQ(student["embed_dim"], 12);
  EXPECT_EQ(student["num_heads"], 3);
  EXPECT_EQ(student["num_classes"], 7);
}

TEST_F(BudgetOfInit, OfALatencyIsMeasuredHere) {
  const Outcome made =
      Init("latency=10s@16x2", {"--method", "regression", "--dry-run"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.out,
              AllOf(HasSubstr("sizes    latency=10000ms@16x2"),
                    HasSubstr("  latency"), HasSubstr(" threads, batch size 2"),
                    HasSubstr("16 px"), HasSubstr("another machine")));
  const Outcome none = Init("latency=0.000001ms", {"--dry-run"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, AllOf(HasSubstr("--budget: latency="),
                              HasSubstr("is less than any student has"),
                              HasSubstr(" ms;")));
}

TEST_F(BudgetOfInit, ThatIsUnreachableNamesTheSmallestStudent) {
  const Outcome made = Init("params=100", {"--output", "s.safetensors"});
  EXPECT_EQ(made.exit_code, 2);
  EXPECT_THAT(made.err, AllOf(HasSubstr("--budget: params=100 is less than"),
                              HasSubstr("width 8, depth 1")));
  EXPECT_FALSE(fs::exists(folder_ / "s.safetensors"));
  // Also before the images are there.
  const std::vector<std::string> missing = {
      "init",        "--teacher",   "teacher.safetensors",
      "--dry-run",   "--calibrate", "cifar10",
      "--data-root", "gone",        "--budget"};
  const auto dry = [&](const char* budget) {
    std::vector<std::string> args = missing;
    args.emplace_back(budget);
    return Run(args);
  };
  EXPECT_EQ(dry("params=100").exit_code, 2);
  const Outcome enough = dry("params=12K");
  EXPECT_EQ(enough.exit_code, 0) << enough.err;
  EXPECT_THAT(enough.out, HasSubstr("missing  gone"));
}

TEST_F(BudgetOfInit, RejectsWhatDoesNotFitIt) {
  const auto rejected = [&](const std::vector<std::string>& args,
                            const std::string& part) {
    const Outcome made = Init("params=12K", args);
    EXPECT_EQ(made.exit_code, 2) << part;
    EXPECT_THAT(made.err, HasSubstr(part));
  };
  rejected({"--dry-run", "--student", "vit_tiny"},
           "--student: cannot be combined with --budget");
  rejected({"--dry-run", "--student-like", "teacher.safetensors"},
           "--student-like: cannot be combined with --budget");
  rejected({"--dry-run", "--layers", "first"}, "--layers: must be best");
  rejected({"--dry-run", "--method", "l1"}, "--method: l1 takes other");
  rejected({"--dry-run", "--compat", "official"}, "--compat");
  rejected({"--dry-run", "--plan", "p.json"}, "is determined by --plan");
  rejected({"--dry-run", "--num-heads", "7"}, "--num-heads: no width");
  const Outcome text = Init("params=3X", {"--dry-run"});
  EXPECT_EQ(text.exit_code, 2);
  EXPECT_THAT(text.err, HasSubstr("--budget: 'params=3X'"));
  const Outcome images = Run({"init", "--teacher", "teacher.safetensors",
                              "--budget", "params=12K", "--dry-run"});
  EXPECT_EQ(images.exit_code, 2);
  EXPECT_THAT(images.err, HasSubstr("--calibrate: is missing"));
  const Outcome teacher = Run({"init", "--budget", "params=12K", "--dry-run"});
  EXPECT_EQ(teacher.exit_code, 2);
  EXPECT_THAT(teacher.err, HasSubstr("--teacher: is missing"));
}

}  // namespace
}  // namespace wsel
