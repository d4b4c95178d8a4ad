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

TEST(CloneTensors, SharesNoMemory) {
  const NamedTensors tensors = Two();
  const NamedTensors copies = CloneTensors(tensors);
  tensors[0].tensor.zero_();
  EXPECT_EQ(copies[0].name, "a");
  EXPECT_TRUE(copies[0].tensor.equal(at::ones({2, 3})));
  const NamedTensors transposed = CloneTensors({{"t", at::ones({2, 3}).t()}});
  EXPECT_TRUE(transposed[0].tensor.is_contiguous());
}

TEST(CopyTensorsInto, MatchesByName) {
  const NamedTensors target = {{"a", at::zeros({2, 3})}, {"b", at::zeros({})}};
  NamedTensors saved = Two();
  std::swap(saved[0], saved[1]);
  CopyTensorsInto(saved, target, "file");
  EXPECT_TRUE(target[0].tensor.equal(at::ones({2, 3})));
  EXPECT_EQ(target[1].tensor.item<float>(), 7);
}

TEST(CopyTensorsInto, CopiesNothingOnAMismatch) {
  const NamedTensors target = {{"a", at::zeros({2, 3})}, {"b", at::zeros({})}};
  const auto rejects = [&](const NamedTensors& saved,
                           const std::vector<std::string>& parts) {
    ExpectError([&] { CopyTensorsInto(saved, target, "file"); },
                ErrorKind::kMismatch, parts);
    EXPECT_EQ(target[0].tensor.abs().max().item<float>(), 0);
  };
  const NamedTensor a = {"a", at::ones({2, 3})};
  const NamedTensor b = {"b", at::ones({})};
  rejects({a}, {"file", "'b' is missing"});
  rejects({a, b, a}, {"file", "'a' occurs twice"});
  rejects({a, b, {"c", at::ones({})}}, {"file", "unknown state 'c'"});
  // copy_ would broadcast it.
  rejects({a, {"b", at::ones({1})}}, {"'b'", "[1]", "[]"});
  rejects({a, {"b", at::ones({}, at::kDouble)}}, {"'b'", "Double", "Float"});
}

TEST(CheckParameters, RejectsUnsupportedTensors) {
  const auto rejects = [](const at::Tensor& tensor, const std::string& part) {
    ExpectError(
        [&] {
          CheckParameters({{"w", tensor}});
        },
        ErrorKind::kMismatch, {"w", part});
  };
  rejects(at::ones({2}, at::kBFloat16), "BFloat16");
  rejects(at::ones({2, 4}).slice(1, 0, 2), "gaps");
  rejects(at::ones({1}).expand({4}), "overlaps");
  const NamedTensor w = {"w", at::ones({2})};
  ExpectError(
      [&] {
        CheckParameters({w, w});
      },
      ErrorKind::kMismatch, {"'w' occurs twice"});
  CheckParameters({w, {"v", at::ones({2, 3}).t()}});
}

}  // namespace
}  // namespace wsel::optim
