#include "train/gradient_sum.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "distributed/run_ranks.h"

namespace wsel::train {
namespace {

using distributed::ProcessGroup;

// Parameters that all ranks have a gradient of, one rank, and none, in two
// steps with other values.
TEST(GradientSum, IsOfTheRanksThatHaveAGradient) {
  if (!distributed::HasGloo()) GTEST_SKIP() << "this build has no Gloo";
  distributed::RunRanks(2, [](ProcessGroup& group) {
    optim::NamedTensors parameters;
    for (const char* name : {"all", "one", "none"}) {
      parameters.push_back({name, at::ones({3}).requires_grad_()});
    }
    const auto grad = [&](size_t i) { return parameters[i].tensor.grad(); };
    GradientSum sum(parameters, group, c10::kCPU);
    for (const double scale : {1.0, 10.0}) {
      for (const auto& parameter : parameters) {
        parameter.tensor.mutable_grad() = at::Tensor();
      }
      sum.Arm();
      at::Tensor loss =
          parameters[0].tensor.sum() * (scale * (group.rank() + 1));
      if (group.rank() == 1) {
        loss = loss + parameters[1].tensor.sum() * (scale * 5);
      }
      loss.backward();
      sum.Finish();
      EXPECT_TRUE(at::equal(grad(0), at::full({3}, 3 * scale, at::kFloat)));
      ASSERT_TRUE(grad(1).defined());
      EXPECT_TRUE(at::equal(grad(1), at::full({3}, 5 * scale, at::kFloat)));
      EXPECT_FALSE(grad(2).defined());
    }
  });
}

}  // namespace
}  // namespace wsel::train
