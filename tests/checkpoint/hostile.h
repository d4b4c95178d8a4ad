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

// A file that must be refused. HostileFile.IsRefused runs over the tables of
// hostile_*_test.cpp; that no case takes more memory than its file explains is
// asserted by Refusal().
struct Hostile {
  Hostile(std::string the_name, std::string the_says, std::string the_bytes)
      : name(std::move(the_name)),
        says(std::move(the_says)),
        bytes([b = std::move(the_bytes)] { return b; }) {}
  // Large ones are made when their turn comes.
  Hostile(std::string the_name, std::string the_says,
          std::function<std::string()> make)
      : name(std::move(the_name)),
        says(std::move(the_says)),
        bytes(std::move(make)) {}

  std::string name;
  std::string says;  // a part of the message: the place, and what is wrong
  std::function<std::string()> bytes;
};

// For messages about a case.
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
