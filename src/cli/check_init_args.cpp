#include <filesystem>
#include <utility>

#include "init_args.h"
#include "wsel/core/error.h"

namespace wsel::cli {
namespace {

[[noreturn]] void Usage(std::string_view option, std::string_view message) {
  throw Error(ErrorKind::kUsage, option, message);
}

bool SameFile(const std::string& a, const std::string& b) {
  std::error_code ignored;  // of missing files
  return a == b || std::filesystem::equivalent(a, b, ignored);
}

// No output may be an input or the other output.
void CheckFiles(const InitArgs& args) {
  const session::StudentOptions& given = args.student;
  const std::string& student = given.student.model;
  for (const auto& [option, output] :
       {std::pair("--output", args.output),
        std::pair("--save-plan", args.save_plan)}) {
    if (output.empty()) continue;
    for (const std::string& input :
         {given.teacher, given.plan, given.teacher_model, given.family,
          given.student_like,
          student.ends_with(".json") ? student : std::string()}) {
      if (!input.empty() && SameFile(input, output)) {
        throw Error(
            ErrorKind::kUsage, option,
            "would overwrite '{}', which is an input; choose another name",
            input);
      }
    }
  }
  if (!args.output.empty() && args.output == args.save_plan) {
    Usage("--save-plan", "is the same file as --output; choose another name");
  }
}

// An empty value is most likely an unset variable of a shell script.
void CheckEmpty(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& value : option->results()) {
      if (value.empty()) Usage(option->get_name(), "is empty");
    }
  }
}

void Forbid(const CLI::App& command, std::initializer_list<const char*> options,
            std::string_view why) {
  for (const char* option : options) {
    if (command.count(option) > 0) Usage(option, why);
  }
}

void CheckGeneric(const InitArgs& args, const CLI::App& command) {
  const session::StudentOptions& given = args.student;
  if (given.family.empty()) {
    Forbid(command, {"--teacher-size", "--student-size"}, "needs --family");
  } else {
    Forbid(command, {"--student-like"},
           "cannot be combined with --family; leave one out");
  }
  if (given.family.empty() && given.student_like.empty()) return;
  if (given.teacher.empty()) Usage("--teacher", "is missing");
  Forbid(command,
         {"--student", "--head", "--patch-resize", "--compat", "--num-classes",
          "--img-size", "--patch-size", "--in-chans", "--depth", "--embed-dim",
          "--num-heads", "--teacher-model", "--checkpoint-key", "--no-ema",
          "--calibrate"},
         "applies only to ViT and ConvNeXt; leave it out with --family and "
         "--student-like");
}

// A budget makes the teacher smaller, by calibration images.
void CheckBudgetArgs(const InitArgs& args, const CLI::App& command) {
  const session::StudentOptions& given = args.student;
  if (given.budget.empty()) return;
  Forbid(command, {"--student", "--family", "--student-like"},
         "cannot be combined with --budget, which makes the teacher smaller; "
         "leave one out");
  if (given.teacher.empty()) {
    Usage("--teacher", "is missing: the model that --budget makes smaller");
  }
  if (command.count("--calibrate") == 0) {
    Usage("--calibrate",
          "is missing: the images on which --budget compares sizes");
  }
  if (command.count("--layers") > 0 &&
      given.selection.layers != select::kBestLayers) {
    Usage("--layers",
          "must be best with --budget, which chooses blocks by that rule; "
          "leave it out");
  }
  Forbid(command, {"--compat"}, "cannot be combined with --budget");
}

// Calibration images are of a data set in a folder; with a plan, of the plan's.
void CheckCalibration(const InitArgs& args, const CLI::App& command) {
  const session::CalibrationRequest& calibration = args.student.calibration;
  const bool named = command.count("--calibrate") > 0;
  const bool root = command.count("--data-root") > 0;
  if (named && !root) {
    Usage("--data-root",
          "is missing: the folder that holds the data set of "
          "--calibrate; see wsel datasets for its layout");
  }
  if (root && !named && args.student.plan.empty()) {
    Usage("--calibrate", "is missing: the data set in --data-root");
  }
  if (!root) {
    Forbid(command,
           {"--calibration-images", "--labels", "--multi-label", "--subset",
            "--subset-balanced", "--val-split", "--split-seed", "--train-range",
            "--classes"},
           "needs --calibrate and --data-root");
  }
  if (calibration.images < 1) {
    Usage("--calibration-images", "must be at least 1");
  }
}

}  // namespace

void CheckInitArgs(const InitArgs& args, const CLI::App& command) {
  CheckEmpty(command);
  const session::StudentOptions& given = args.student;
  if (given.student.model.empty() && given.plan.empty() &&
      given.family.empty() && given.student_like.empty() &&
      given.budget.empty()) {
    Usage("--student",
          "is missing: a model name (see wsel models) or a JSON file; or give "
          "--budget, --family or --student-like");
  }
  if (args.output.empty() && !args.dry_run) {
    Usage("--output", "is missing: the file to write; or give --dry-run");
  }
  if (given.seed < 0) Usage("--seed", "must not be negative");
  if (!given.plan.empty()) {
    Forbid(command,
           {"--student",
            "--family",
            "--teacher-size",
            "--student-size",
            "--student-like",
            "--method",
            "--layers",
            "--heads",
            "--head",
            "--patch-resize",
            "--skip",
            "--compat",
            "--seed",
            "--num-classes",
            "--img-size",
            "--patch-size",
            "--depth",
            "--embed-dim",
            "--num-heads",
            "--in-chans",
            "--teacher-model",
            "--calibrate",
            "--calibration-images",
            "--budget"},
           "is determined by --plan; leave it out");
  }
  CheckBudgetArgs(args, command);
  CheckGeneric(args, command);
  CheckCalibration(args, command);
  if (given.teacher.empty()) {
    Forbid(command,
           {"--teacher-model", "--checkpoint-key", "--no-ema", "--layers",
            "--heads", "--head", "--patch-resize", "--skip", "--compat",
            "--hash", "--calibrate", "--data-root"},
           "needs --teacher");
  }
  CheckFiles(args);
}

}  // namespace wsel::cli
