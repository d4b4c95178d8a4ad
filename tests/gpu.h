#pragma once

#include <ATen/Context.h>
#include <c10/core/Device.h>
#include <gtest/gtest.h>

namespace wsel {

// Fixture of tests that need a GPU: skipped if there is none, or LibTorch has
// no CUDA.
class OnGpu : public testing::Test {
 protected:
  void SetUp() override {
    if (!at::hasCUDA()) GTEST_SKIP() << "no GPU here";
    // TF32 would round convolutions to 10-bit mantissas.
    at::globalContext().setAllowTF32CuDNN(false);
  }

  const c10::Device gpu_{c10::kCUDA, 0};
};

}  // namespace wsel
