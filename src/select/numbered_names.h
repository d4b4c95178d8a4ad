// Torch-free.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/tensor/spec.h"

namespace wsel::select {

// Numbered layers of two models that differ in their count.
struct NumberedStack {
  std::string prefix;  // of a name, up to the number: "encoder.layer."
  int64_t teacher_count = 0;
  int64_t student_count = 0;
};

// The stacks of two models, in the order of the student's names: prefixes that
// are followed by the numbers from 0 on, without a gap, in both models, but not
// by equally many. Of nested stacks only the outermost.
std::vector<NumberedStack> FindStacks(const std::vector<TensorSpec>& teacher,
                                      const std::vector<TensorSpec>& student);

// Prefixes that are followed by two or more numbers, from 0 without a gap, with
// the same names after each number.
std::vector<std::string> RepeatedPrefixes(const std::vector<TensorSpec>& specs);

// A layer's number as it is written in names: in digits, without leading zeros.
// -1 for any other text.
int64_t BlockNumber(std::string_view text);

// The number after `prefix` in a name, or -1 if there is none.
int64_t NumberAfter(std::string_view name, std::string_view prefix);

}  // namespace wsel::select
