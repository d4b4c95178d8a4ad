#include "train/gradient_sum.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "distributed/run_ranks.h"
#include "wsel/train/loss_scaler.h"

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

// Buckets of one parameter, of two, and one for all, in passes that reach their
// parameters in another order than that of the buckets.
TEST(GradientSum, DoesNotDependOnTheBuckets) {
  if (!distributed::HasGloo()) GTEST_SKIP() << "this build has no Gloo";
  for (const int64_t elements : {1, 6, 1000}) {
    distributed::RunRanks(3, [&](ProcessGroup& group) {
      optim::NamedTensors parameters;
      for (const char* name : {"a", "b", "c", "d", "e"}) {
        parameters.push_back({name, at::ones({3}).requires_grad_()});
      }
      GradientSum sum(parameters, group, c10::kCPU, elements);
      sum.Arm();
      at::Tensor chain = at::ones({3});
      for (const size_t i : {3, 0, 4, 2, 1}) {
        chain = chain * parameters[i].tensor;
      }
      (chain.sum() * (group.rank() + 1)).backward();
      sum.Finish();
      for (const auto& parameter : parameters) {
        EXPECT_TRUE(
            at::equal(parameter.tensor.grad(), at::full({3}, 6, at::kFloat)))
            << parameter.name << ", buckets of " << elements;
      }
    });
  }
}

// In fp16: all skip the step and halve the scale.
TEST(GradientSum, AnOverflowOnOneRankIsOneOnAll) {
  if (!distributed::HasGloo()) GTEST_SKIP() << "this build has no Gloo";
  distributed::RunRanks(2, [](ProcessGroup& group) {
    const optim::NamedTensors parameters = {
        {"weight", at::ones({3}).requires_grad_()}};
    GradientSum sum(parameters, group, c10::kCPU);
    LossScaler scaler(c10::kCPU);
    const double scale = scaler.State()[0].tensor.item<double>();
    for (const bool overflow : {true, false}) {
      parameters[0].tensor.mutable_grad() = at::Tensor();
      sum.Arm();
      const double factor = overflow && group.rank() == 1 ? 1e38 : 1;
      scaler.Scale(parameters[0].tensor.sum() * factor).backward();
      sum.Finish();
      EXPECT_EQ(scaler.Unscale(parameters), !overflow);
      EXPECT_EQ(scaler.State()[0].tensor.item<double>(), scale / 2);
    }
    EXPECT_TRUE(
        at::equal(parameters[0].tensor.grad(), at::full({3}, 2, at::kFloat)));
  });
}

}  // namespace
}  // namespace wsel::train
