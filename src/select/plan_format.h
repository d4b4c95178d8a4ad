// Torch-free.
#pragma once

#include <cstdint>
#include <string_view>

namespace wsel::select {

// What a plan's JSON begins with.
inline constexpr std::string_view kPlanFormat = "wsel-plan";
inline constexpr int64_t kPlanVersion = 2;

// Version 1 has "fresh" for "reinitialised" entries and for the "reset" head.
inline constexpr int64_t kOldPlanVersion = 1;
inline constexpr const char* kFresh = "fresh";

}  // namespace wsel::select
