#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "model_args.h"
#include "wsel/pretrained/file_hash.h"
#include "wsel/select/family.h"
#include "wsel/select/options.h"
#include "wsel/session/student_request.h"

namespace wsel::cli {

// Options of `wsel init`. Files and names are as given on the command line.
struct InitArgs {
  std::string teacher;
  std::string teacher_model;
  ModelArgs student;
  std::string family;
  select::Sizes teacher_sizes;
  select::Sizes student_sizes;
  std::string student_like;
  std::string plan;
  std::string method;  // of selection or, without a teacher, at random
  select::Options options;
  int64_t seed = 0;

  std::string output;
  std::string save_plan;
  pretrained::HashScope hash = pretrained::HashScope::kRead;
  bool dry_run = false;
  bool json = false;
};

// Adds the options of `wsel init`, which fill `args`; it must outlive the app.
void AddInitOptions(CLI::App& command, InitArgs& args);

// What the options request. Checks what can be checked before the teacher is
// opened: missing, empty or contradictory options, an output that is also an
// input, the student's model. Errors: kUsage; kIo, kConfig for the files of
// --student, --teacher-model and --family.
session::StudentRequest RequestOf(const InitArgs& args,
                                  const CLI::App& command);

}  // namespace wsel::cli
