#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "model_args.h"
#include "wsel/model/init.h"
#include "wsel/select/options.h"

namespace wsel::cli {

// Options of `wsel init`, as given on the command line.
struct InitArgs {
  std::string teacher;
  std::string teacher_model;
  ModelArgs student;
  std::string family;
  std::vector<std::string> teacher_size;
  std::vector<std::string> student_size;
  std::string student_like;
  std::string output;
  std::string method;
  std::string layers = "first";
  std::string heads = "flat";
  std::string head = "reset";
  std::string patch_resize = "pinv";
  std::vector<std::string> skip;
  std::string compat;
  int64_t seed = 0;
  std::string plan;
  std::string save_plan;
  std::string hash = "read";
  bool dry_run = false;
  bool json = false;
};

// Whether the student is of an architecture without a config, given by --family
// or --student-like.
bool IsGenericStudent(const InitArgs& args);

// Adds the options of `wsel init`, which fill `args`; it must outlive the app.
void AddInitOptions(CLI::App& command, InitArgs& args);

// Checks what can be checked before any file is opened: missing, empty or
// contradictory options, an output that is also an input. Errors: kUsage.
void CheckInitArgs(const InitArgs& args, const CLI::App& command);

// The selection options. Errors: kUsage, with the nearest known name.
select::Options SelectionOptions(const InitArgs& args);

// The random initialisation of a student without a teacher. Errors: kUsage.
model::Initializer RandomMethod(const InitArgs& args);

}  // namespace wsel::cli
