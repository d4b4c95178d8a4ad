#include "wsel/session/budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "throws.h"

namespace wsel::session {
namespace {

TEST(Budget, IsANumberWithAUnit) {
  EXPECT_EQ(ParseBudget("params=3M"), (Budget{BudgetKind::kParams, 3e6}));
  EXPECT_EQ(ParseBudget("params=25000"), (Budget{BudgetKind::kParams, 25000}));
  EXPECT_EQ(ParseBudget("flops=0.5G"), (Budget{BudgetKind::kFlops, 5e8}));
  EXPECT_EQ(ParseBudget("flops=1.5T"), (Budget{BudgetKind::kFlops, 1.5e12}));
  EXPECT_EQ(ParseBudget("params=3e6"), (Budget{BudgetKind::kParams, 3e6}));
  EXPECT_EQ(ParseBudget("params=12K"), (Budget{BudgetKind::kParams, 12000}));
}

TEST(Budget, OfALatencyIsAtASizeAndABatch) {
  EXPECT_EQ(ParseBudget("latency=8ms"), (Budget{BudgetKind::kLatency, 8}));
  EXPECT_EQ(ParseBudget("latency=0.25s@96"),
            (Budget{BudgetKind::kLatency, 250, 96, 1}));
  EXPECT_EQ(ParseBudget("latency=8ms@224x32"),
            (Budget{BudgetKind::kLatency, 8, 224, 32}));
  EXPECT_EQ(ParseBudget("latency=8ms@192x256x4"),
            (Budget{BudgetKind::kLatency, 8, HeightWidth(192, 256), 4}));
}

TEST(Budget, IsDescribedAsItIsRead) {
  for (const char* text :
       {"params=3M", "params=2999999", "flops=600M", "flops=1.5T", "params=12K",
        "latency=8ms", "latency=7.5ms@224x1", "params=0.5",
        "latency=8ms@192x256x1", "latency=0.000001ms"}) {
    const Budget budget = ParseBudget(text);
    EXPECT_EQ(ParseBudget(Describe(budget)), budget) << text;
  }
  EXPECT_EQ(Describe(ParseBudget("params=3M")), "params=3M");
  EXPECT_EQ(Describe(ParseBudget("latency=8ms@224x1")), "latency=8ms@224x1");
}

TEST(Budget, RejectsAllElse) {
  for (const char* text : {"",
                           "3M",
                           "params",
                           "params=",
                           "params=M",
                           "params=-3M",
                           "params=0",
                           "params=0M",
                           "params=nan",
                           "params=inf",
                           "params=1e400",
                           "params=99999999T",
                           "params=3 M",
                           "params=3m",
                           "params=3MM",
                           "params=3M@224",
                           "params=+3M",
                           "flops=3ms",
                           "latency=8",
                           "latency=8M",
                           "latency=8ms@",
                           "latency=8ms@x1",
                           "latency=8ms@224x",
                           "latency=8ms@224x0",
                           "latency=8ms@-224x1",
                           "latency=8ms@224x224x1x1",
                           "latency=8ms@224xx1",
                           "latency=8ms@99999999999999999999x1",
                           "latency=8ms@224.5",
                           "latency=8ms@224x1@224x1",
                           "latency=8ms@224X1",
                           "latency=8ms@65536",
                           "params==3M",
                           " params=3M",
                           "parms=3M"}) {
    ExpectError([&] { ParseBudget(text); }, ErrorKind::kUsage, {"budget: "});
  }
  ExpectError([] { ParseBudget("params=3X"); }, ErrorKind::kUsage,
              {"'params=3X'", "the unit 'X'", "latency=8ms@224x1"});
  ExpectError([] { ParseBudget("param=3M"); }, ErrorKind::kUsage,
              {"did you mean 'params'"});
}

}  // namespace
}  // namespace wsel::session
