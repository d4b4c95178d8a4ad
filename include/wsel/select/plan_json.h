// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wsel/select/plan.h"

namespace wsel::select {

// Of a plan's JSON. Version 1 called "reinitialised" entries and the "reset"
// head "fresh".
inline constexpr std::string_view kPlanFormat = "wsel-plan";
inline constexpr int64_t kPlanVersion = 2;

// The plan as JSON, one tensor per line. Evenly spaced indices are written as
// {"start", "step", "count"}.
std::string ToJson(const Plan& plan);

// A plan's teacher or student as one line of JSON: a config, or
// {"generic": name, "sizes": {...}, "stacks": [...]}.
std::string ToJson(const PlanModel& model);

// SHA-256 of ToJson(plan).
std::string DigestOf(const Plan& plan);

// Reads what ToJson wrote, as an equal plan; also version 1. A plan file is
// untrusted input: everything is checked before use. Errors: kFormat, with the
// JSON path.
Plan PlanFromJson(std::string_view text, std::string_view where);

}  // namespace wsel::select
