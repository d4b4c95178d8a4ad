#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "wsel/cli/model_args.h"
#include "wsel/model/init.h"
#include "wsel/select/options.h"

namespace wsel::cli {

// What `wsel init` was asked for, in the user's words.
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
  std::string head = "fresh";
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

// Whether the student is one that no model's name describes.
bool AsksForGeneric(const InitArgs& args);

// Adds the options of `wsel init`, which fill `args`; it must outlive the app.
void AddInitOptions(CLI::App& command, InitArgs& args);

// Refuses what can be told wrong before any file is opened: something missing,
// empty or already decided, an output that is an input. Errors: kUsage.
void CheckInitArgs(const InitArgs& args, const CLI::App& command);

// The options of a selection. Errors: kUsage, with the nearest known name.
select::Options SelectionOptions(const InitArgs& args);

// How a student without a teacher is drawn. Errors: kUsage.
model::Initializer RandomMethod(const InitArgs& args);

}  // namespace wsel::cli
