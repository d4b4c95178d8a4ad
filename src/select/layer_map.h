// Torch-free.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace wsel::select {

// Layer selection (paper, section 3.1 and appendix B): per stage, the teacher's
// block that each of the student's blocks is taken from. `rule` is
// Options::layers; "mid" starts at (T - N) / 2 for T blocks of the teacher and
// N of the student, "uniform" spaces blocks as Uniform() spaces elements.
// Errors: kMismatch if a stage of the student is deeper than the teacher's,
// naming the stage; kUsage for an unknown rule, or for a list of the wrong
// length, out of range, or with a block twice.
std::vector<std::vector<int64_t>> MapLayers(
    const std::vector<int64_t>& teacher_depths,
    const std::vector<int64_t>& student_depths, std::string_view rule);

}  // namespace wsel::select
