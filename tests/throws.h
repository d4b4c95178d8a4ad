// Torch-free.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "wsel/core/error.h"

namespace wsel {

// Expects `call` to throw a wsel::Error of `kind` with all `parts` in its text.
inline void ExpectError(const std::function<void()>& call, ErrorKind kind,
                        const std::vector<std::string>& parts) {
  try {
    call();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), kind) << e.what();
    for (const std::string& part : parts) {
      EXPECT_THAT(e.what(), testing::HasSubstr(part));
    }
    return;
  }
  ADD_FAILURE() << "no error was thrown";
}

}  // namespace wsel
