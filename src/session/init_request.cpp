#include "wsel/session/init_request.h"

#include <initializer_list>
#include <string_view>
#include <utility>

#include "wsel/core/error.h"
#include "wsel/core/same_file.h"

namespace wsel::session {
namespace {

using GivenNames = std::set<std::string>;

[[noreturn]] void Usage(std::string_view field, std::string_view message) {
  throw Error(ErrorKind::kUsage, field, message);
}

// No output may be an input or the other output.
void CheckFiles(const InitRequest& request) {
  const StudentOptions& given = request.student;
  const std::string& student = given.student.model;
  for (const auto& [option, output] :
       {std::pair("output", request.output),
        std::pair("save_plan", request.save_plan)}) {
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
  if (!request.output.empty() && SameFile(request.output, request.save_plan)) {
    Usage("save_plan", "is the same file as `output`; choose another name");
  }
}

void Forbid(const GivenNames& given_fields,
            std::initializer_list<const char*> options, std::string_view why) {
  for (const char* option : options) {
    if (given_fields.contains(option)) Usage(option, why);
  }
}

void CheckGeneric(const InitRequest& request, const GivenNames& given_fields) {
  const StudentOptions& given = request.student;
  if (given.family.empty()) {
    Forbid(given_fields, {"teacher_size", "student_size"}, "needs `family`");
  } else {
    Forbid(given_fields, {"student_like"},
           "cannot be combined with `family`; leave one out");
  }
  if (given.family.empty() && given.student_like.empty()) return;
  if (given.teacher.empty()) Usage("teacher", "is missing");
  Forbid(
      given_fields,
      {"student", "head", "patch_resize", "compat", "num_classes", "img_size",
       "patch_size", "in_chans", "depth", "embed_dim", "num_heads",
       "teacher_model", "checkpoint_key", "no_ema", "calibrate"},
      "applies only to ViT and ConvNeXt; leave it out with `family` and "
      "`student_like`");
}

// A budget makes the teacher smaller, by calibration images.
void CheckBudgetArgs(const InitRequest& request,
                     const GivenNames& given_fields) {
  const StudentOptions& given = request.student;
  if (given.budget.empty()) return;
  Forbid(given_fields, {"student", "family", "student_like"},
         "cannot be combined with `budget`, which makes the teacher smaller; "
         "leave one out");
  if (given.teacher.empty()) {
    Usage("teacher", "is missing: the model that `budget` makes smaller");
  }
  if (!given_fields.contains("calibrate")) {
    Usage("calibrate",
          "is missing: the images on which `budget` compares sizes");
  }
  if (given_fields.contains("layers") &&
      given.selection.layers != select::kBestLayers) {
    Usage("layers",
          "must be best with `budget`, which chooses blocks by that rule; "
          "leave it out");
  }
  Forbid(given_fields, {"compat"}, "cannot be combined with `budget`");
}

// Calibration images are of a data set in a folder; with a plan, of the plan's.
void CheckCalibration(const InitRequest& request,
                      const GivenNames& given_fields) {
  const CalibrationRequest& calibration = request.student.calibration;
  const bool named = given_fields.contains("calibrate");
  const bool root = given_fields.contains("data_root");
  if (named && !root) {
    Usage("data_root",
          "is missing: the folder that holds the data set of "
          "`calibrate`; see wsel datasets for its layout");
  }
  if (root && !named && request.student.plan.empty()) {
    Usage("calibrate", "is missing: the data set in `data_root`");
  }
  if (!root) {
    Forbid(given_fields,
           {"calibration_images", "labels", "multi_label", "subset",
            "subset_balanced", "subset_seed", "val_split", "split_seed",
            "train_range", "classes"},
           "needs `calibrate` and `data_root`");
  }
  if (calibration.images < 1) {
    Usage("calibration_images", "must be at least 1");
  }
}

}  // namespace

void CheckInitRequest(const InitRequest& request,
                      const GivenNames& given_fields) {
  const StudentOptions& given = request.student;
  if (given.student.model.empty() && given.plan.empty() &&
      given.family.empty() && given.student_like.empty() &&
      given.budget.empty()) {
    Usage("student",
          "is missing: a model name (see wsel models) or a JSON file; or give "
          "`budget`, `family` or `student_like`");
  }
  if (request.output.empty() && !request.dry_run) {
    Usage("output", "is missing: the file to write; or give `dry_run`");
  }
  if (given.seed < 0) Usage("seed", "must not be negative");
  if (!given.plan.empty()) {
    Forbid(given_fields,
           {"student",
            "family",
            "teacher_size",
            "student_size",
            "student_like",
            "method",
            "layers",
            "heads",
            "head",
            "patch_resize",
            "skip",
            "compat",
            "seed",
            "num_classes",
            "img_size",
            "patch_size",
            "depth",
            "embed_dim",
            "num_heads",
            "in_chans",
            "teacher_model",
            "calibrate",
            "calibration_images",
            "budget"},
           "is determined by `plan`; leave it out");
  }
  CheckBudgetArgs(request, given_fields);
  CheckGeneric(request, given_fields);
  CheckCalibration(request, given_fields);
  if (given.teacher.empty()) {
    Forbid(
        given_fields,
        {"teacher_model", "checkpoint_key", "no_ema", "layers", "heads", "head",
         "patch_resize", "skip", "compat", "hash", "calibrate", "data_root"},
        "needs `teacher`");
  }
  CheckFiles(request);
}

}  // namespace wsel::session
