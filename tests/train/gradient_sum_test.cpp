#include "train/gradient_sum.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "distributed/run_ranks.h"
#include "wsel/optim/optimizer.h"
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

// Seven parameters in buckets of up to six elements, of which each rank
// computes the gradients in another order; the buckets' order is the same.
TEST(GradientSum, HasManyBuckets) {
  if (!distributed::HasGloo()) GTEST_SKIP() << "this build has no Gloo";
  distributed::RunRanks(3, [](ProcessGroup& group) {
    optim::NamedTensors parameters;
    for (const int64_t size : {3, 3, 1, 20, 2, 5, 4}) {
      parameters.push_back(
          {std::to_string(size), at::ones({size}).requires_grad_()});
    }
    GradientSum sum(parameters, group, c10::kCPU, /*bucket_elements=*/6);
    // From the end: 4, 5, 2, 20, 1 and 3, 3.
    EXPECT_EQ(sum.num_buckets(), 6U);
    for (int step = 0; step < 3; ++step) {
      optim::ZeroGradients(parameters);
      sum.Arm();
      at::Tensor loss = at::zeros({});
      for (size_t i = 0; i < parameters.size(); ++i) {
        const size_t turned =
            (i + static_cast<size_t>(group.rank())) % parameters.size();
        const double factor =
            (step + 1.0) * (group.rank() + 1) * static_cast<double>(turned + 1);
        loss = loss + parameters[turned].tensor.sum() * factor;
      }
      loss.backward();
      sum.Finish();
      for (size_t i = 0; i < parameters.size(); ++i) {
        const double factor = (step + 1.0) * 6 * static_cast<double>(i + 1);
        const at::Tensor& parameter = parameters[i].tensor;
        EXPECT_TRUE(
            at::equal(parameter.grad(), at::full_like(parameter, factor)))
            << "parameter " << i << ", step " << step;
      }
    }
  });
}

TEST(GradientSum, APartThatIsLargerThanABucketHasItsOwn) {
  if (!distributed::HasGloo()) GTEST_SKIP() << "this build has no Gloo";
  distributed::RunRanks(2, [](ProcessGroup& group) {
    const optim::NamedTensors parameters = {
        {"a", at::ones({2}).requires_grad_()},
        {"b", at::ones({2}).requires_grad_()}};
    const auto buckets = [&](int64_t elements) {
      return GradientSum(parameters, group, c10::kCPU, elements).num_buckets();
    };
    EXPECT_EQ(buckets(1), 2U);
    EXPECT_EQ(buckets(4), 1U);
  });
}

// In fp16 a step whose gradients overflow is skipped: by all ranks, of which
// one has overflown, and with the same scale afterwards.
TEST(GradientSum, AnOverflowOnOneRankIsOneOnAll) {
  if (!distributed::HasGloo()) GTEST_SKIP() << "this build has no Gloo";
  distributed::RunRanks(2, [](ProcessGroup& group) {
    const optim::NamedTensors parameters = {
        {"weight", at::ones({3}).requires_grad_()}};
    GradientSum sum(parameters, group, c10::kCPU);
    LossScaler scaler(c10::kCPU);
    const auto step = [&](double factor) {
      optim::ZeroGradients(parameters);
      sum.Arm();
      scaler.Scale(parameters[0].tensor.sum() * factor).backward();
      sum.Finish();
      return scaler.Unscale(parameters);
    };
    const double inf = std::numeric_limits<double>::infinity();
    EXPECT_FALSE(step(group.rank() == 1 ? inf : 1));
    EXPECT_EQ(scaler.State()[0].tensor.item<float>(), 32768);
    EXPECT_TRUE(step(group.rank() + 1));
    EXPECT_TRUE(
        at::equal(parameters[0].tensor.grad(), at::full({3}, 3, at::kFloat)));
    // Largest where each rank's own gradient is finite, and the sum is not.
    const double half = 0.75 * std::numeric_limits<float>::max() / 32768;
    EXPECT_FALSE(step(half));
    EXPECT_EQ(scaler.State()[0].tensor.item<float>(), 16384);
  });
}

}  // namespace
}  // namespace wsel::train
