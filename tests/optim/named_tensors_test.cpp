#include "wsel/optim/named_tensors.h"

#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "throws.h"

namespace wsel::optim {
namespace {

NamedTensors Two() {
  return {{"a", at::ones({2, 3})}, {"b", at::full({}, 7.0F)}};
}

TEST(NamedTensors, SnapshotSharesNothing) {
  const NamedTensors tensors = Two();
  const NamedTensors copies = Snapshot(tensors);
  tensors[0].tensor.zero_();
  EXPECT_EQ(copies[0].name, "a");
  EXPECT_TRUE(copies[0].tensor.equal(at::ones({2, 3})));
  const NamedTensors turned = Snapshot({{"t", at::ones({2, 3}).t()}});
  EXPECT_TRUE(turned[0].tensor.is_contiguous());
}

TEST(NamedTensors, RestoreFindsByName) {
  const NamedTensors target = {{"a", at::zeros({2, 3})}, {"b", at::zeros({})}};
  NamedTensors saved = Two();
  std::swap(saved[0], saved[1]);
  Restore(saved, target, "file");
  EXPECT_TRUE(target[0].tensor.equal(at::ones({2, 3})));
  EXPECT_EQ(target[1].tensor.item<float>(), 7);
}

TEST(NamedTensors, RestoreRefusesWhatDoesNotFitAndCopiesNothing) {
  const NamedTensors target = {{"a", at::zeros({2, 3})}, {"b", at::zeros({})}};
  const auto refuses = [&](const NamedTensors& saved,
                           const std::vector<std::string>& parts) {
    ExpectError([&] { Restore(saved, target, "file"); }, ErrorKind::kMismatch,
                parts);
    EXPECT_EQ(target[0].tensor.abs().max().item<float>(), 0);
  };
  const NamedTensor a = {"a", at::ones({2, 3})};
  const NamedTensor b = {"b", at::ones({})};
  refuses({a}, {"file", "'b' is missing"});
  refuses({a, b, a}, {"file", "'a' is there twice"});
  refuses({a, b, {"c", at::ones({})}}, {"file", "unknown state 'c'"});
  // Would be broadcast.
  refuses({a, {"b", at::ones({1})}}, {"'b'", "[1]", "[]"});
  refuses({a, {"b", at::ones({}, at::kDouble)}}, {"'b'", "Double", "Float"});
}

TEST(NamedTensors, ParametersThatCannotBeUpdated) {
  const auto refuses = [](const at::Tensor& tensor, const std::string& part) {
    ExpectError(
        [&] {
          CheckParameters({{"w", tensor}});
        },
        ErrorKind::kMismatch, {"w", part});
  };
  refuses(at::ones({2}, at::kBFloat16), "BFloat16");
  refuses(at::ones({2, 4}).slice(1, 0, 2), "gaps");
  refuses(at::ones({1}).expand({4}), "overlaps");
  const NamedTensor w = {"w", at::ones({2})};
  ExpectError(
      [&] {
        CheckParameters({w, w});
      },
      ErrorKind::kMismatch, {"'w' is there twice"});
  CheckParameters({w, {"v", at::ones({2, 3}).t()}});
}

}  // namespace
}  // namespace wsel::optim
