// Torch-free.
#pragma once

#include <string>
#include <string_view>

#include "wsel/select/plan.h"

namespace wsel::select {

// The plan as JSON, one tensor a line, "format": "wsel-plan", "version": 1.
// Evenly spaced indices are written as {"start", "step", "count"}.
std::string ToJson(const Plan& plan);

// One of a plan's two models as a line of JSON: a config, or
// {"generic": name, "sizes": {...}, "stacks": [...]}.
std::string ToJson(const PlanModel& model);

// SHA-256 of ToJson(plan).
std::string DigestOf(const Plan& plan);

// Reads what ToJson wrote; equal plans come back equal. Everything is checked
// before use: a plan file is a file from outside. Errors: kFormat, with the
// JSON path.
Plan PlanFromJson(std::string_view text, std::string_view where);

}  // namespace wsel::select
