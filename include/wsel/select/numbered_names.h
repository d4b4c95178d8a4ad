// Torch-free.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/tensor/spec.h"

namespace wsel::select {

// What is numbered in two models' names, in another count: "encoder.layer.".
struct NumberedStack {
  std::string before;  // all of a name up to the number
  int64_t teacher_count = 0;
  int64_t student_count = 0;
};

// The stacks of two models, in the order of the student's names: prefixes of
// which both models have the numbers from 0 on, without a gap, and not equally
// many. Of stacks inside of others the outer alone.
std::vector<NumberedStack> FindStacks(const std::vector<TensorSpec>& teacher,
                                      const std::vector<TensorSpec>& student);

// Prefixes of which a model has two numbers or more, from 0 without a gap, and
// behind each number the same names.
std::vector<std::string> RepeatedPrefixes(const std::vector<TensorSpec>& specs);

// The number behind `before` in a name; -1 where the name has none there.
int64_t NumberBehind(std::string_view name, std::string_view before);

}  // namespace wsel::select
