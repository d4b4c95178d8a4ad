#pragma once

#include <ATen/Context.h>
#include <c10/core/Device.h>
#include <gtest/gtest.h>

namespace wsel {

// Tests of what only a GPU shows: skipped where program or machine has none.
class OnGpu : public testing::Test {
 protected:
  void SetUp() override {
    if (!at::hasCUDA()) GTEST_SKIP() << "no GPU here";
    // Else convolutions would round as 10-bit mantissas do.
    at::globalContext().setAllowTF32CuDNN(false);
  }

  const c10::Device gpu_{c10::kCUDA, 0};
};

}  // namespace wsel
