// Torch-free.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "wsel/pretrained/file_hash.h"
#include "wsel/session/student_request.h"

namespace wsel::cli {

// Options of `wsel init`.
struct InitArgs {
  session::StudentOptions student;
  std::string output;
  std::string save_plan;
  pretrained::HashScope hash = pretrained::HashScope::kRead;
  bool dry_run = false;
  bool json = false;
};

// Adds the options of `wsel init`, which fill `args`; it must outlive the app.
void AddInitOptions(CLI::App& command, InitArgs& args);

// Checks what can be checked before any file is read: missing, empty or
// contradictory options, an output that is also an input. Errors: kUsage.
void CheckInitArgs(const InitArgs& args, const CLI::App& command);

}  // namespace wsel::cli
