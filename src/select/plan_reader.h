// Torch-free.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "wsel/core/json_object.h"
#include "wsel/select/plan.h"

namespace wsel::select {

// Parts of PlanFromJson. Errors: kFormat.

[[noreturn]] inline void Fail(const std::string& where,
                              std::string_view message) {
  throw Error(ErrorKind::kFormat, where, message);
}

// Calls `read` for each object of the array `key`.
template <typename Read>
void ForEach(JsonObject& json, std::string_view key, const Read& read) {
  const nlohmann::ordered_json& array = json.Raw(key);
  if (!array.is_array()) Fail(json.PathOf(key), "must be an array");
  for (size_t i = 0; i < array.size(); ++i) {
    read(JsonObject(array[i], fmt::format("{}[{}]", json.PathOf(key), i),
                    ErrorKind::kFormat));
  }
}

// The images of a plan, and the agreement on them.
CalibrationRecord ReadCalibration(JsonObject json);

// Checks that only a method that solves has solved tensors, that it has its
// images, and what solving relies on.
void CheckSolved(const Plan& plan, const std::string& where);

}  // namespace wsel::select
