// Torch-free.
#pragma once

#include <gmock/gmock.h>

#include <functional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/files.h"

namespace wsel::checkpoint {

// A file that must be rejected. HostileFile.IsRejected runs the tables of
// hostile_*_test.cpp; OpenError() asserts that memory stays within MemoryLimit.
struct Hostile {
  Hostile(std::string the_name, std::string the_message, std::string the_bytes)
      : name(std::move(the_name)),
        message(std::move(the_message)),
        bytes([b = std::move(the_bytes)] { return b; }) {}
  // For large files, which are created only when their test runs.
  Hostile(std::string the_name, std::string the_message,
          std::function<std::string()> make)
      : name(std::move(the_name)),
        message(std::move(the_message)),
        bytes(std::move(make)) {}

  std::string name;
  std::string message;  // a part of it: the location, and what is wrong
  std::function<std::string()> bytes;
};

// For gtest's messages about a case.
inline void PrintTo(const Hostile& hostile, std::ostream* out) {
  *out << hostile.name;
}

class HostileFile : public testing::TestWithParam<Hostile> {};

inline std::string NameOfCase(const testing::TestParamInfo<Hostile>& info) {
  return info.param.name;
}

inline std::string Repeated(const std::string& text, size_t count) {
  std::string out;
  out.reserve(text.size() * count);
  for (size_t i = 0; i < count; ++i) out += text;
  return out;
}

}  // namespace wsel::checkpoint
