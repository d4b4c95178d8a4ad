#include "component_mapping.h"

#include <fmt/format.h>

namespace wsel::select {

Error NoCounterpart(const std::string& student) {
  return Error(
      ErrorKind::kMismatch, student,
      fmt::format("the teacher has no such tensor; choose a student of the "
                  "teacher's architecture, or skip '{}' to re-initialise it",
                  student));
}

Unused OfUnusedBlock(std::string teacher) {
  return {std::move(teacher), std::string(kUnusedBlock), true};
}

}  // namespace wsel::select
