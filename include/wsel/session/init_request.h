// Torch-free.
#pragma once

#include <set>
#include <string>

#include "wsel/pretrained/file_hash.h"
#include "wsel/session/student_request.h"

namespace wsel::session {

// A student to write to a file, as given on the command line.
struct InitRequest {
  StudentOptions student;
  std::string output;
  std::string save_plan;
  pretrained::HashScope hash = pretrained::HashScope::kRead;
  int threads = 0;  // 0: one per core
  bool dry_run = false;
  bool json = false;  // the plan is printed as JSON, and nothing else
};

// Checks what can be checked before any file is read: missing or contradictory
// fields, an output that is also an input. `given`: names of the fields that
// the user has given a value, "num_classes". Errors: kUsage.
void CheckInitRequest(const InitRequest& request,
                      const std::set<std::string>& given);

}  // namespace wsel::session
