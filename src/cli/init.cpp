#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "commands.h"
#include "init_args.h"
#include "options.h"
#include "size_table.h"
#include "torch_commands.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/select/plan_json.h"
#include "wsel/select/report.h"
#include "wsel/session/student_plan.h"

namespace wsel::cli {
namespace {

// Prints the plan in the format asked for, and saves it for --save-plan.
void ShowPlan(const InitArgs& args, const select::Plan& plan) {
  fmt::print("{}", args.json      ? select::ToJson(plan)
                   : args.dry_run ? select::Report(plan)
                                  : select::Summary(plan));
  if (!args.save_plan.empty()) {
    WriteTextFile(args.save_plan, select::ToJson(plan));
  }
}

// A dry run if the teacher's file is missing.
void DryRunWithoutFile(const InitArgs& args,
                       const session::StudentRequest& request) {
  if (!args.json) fmt::print("missing  {}\n", args.student.teacher);
  const auto plan = session::PlanWithoutFile(request);
  const bool wants_plan = args.json || !args.save_plan.empty();
  if (wants_plan && !(plan && IsDecided(*plan))) {
    throw Error(ErrorKind::kIo, args.student.teacher,
                "is missing, so there is no plan to print or save{}",
                request.IsGeneric() ? ""
                                    : "; give --teacher-model, and a --method "
                                      "that does not depend on weights");
  }
  if (plan) ShowPlan(args, *plan);
}

// A dry run if the calibration images are missing.
void DryRunWithoutImages(const InitArgs& args,
                         const session::StudentRequest& request,
                         const pretrained::PretrainedCheckpoint& teacher) {
  const std::string& root = args.student.calibration.data.root;
  if (!args.json) fmt::print("missing  {}\n", root);
  const auto plan = session::PlanWithoutImages(request, teacher);
  if (args.json || !args.save_plan.empty()) {
    throw Error(ErrorKind::kIo, root,
                "is missing, so there is no plan to print or save: it depends "
                "on the calibration images");
  }
  if (plan) ShowPlan(args, *plan);
}

// Of the teacher and the calibration images, for a dry run.
bool IsMissing(const InitArgs& args, const std::string& file) {
  return args.dry_run && args.student.plan.empty() && !file.empty() &&
         !std::filesystem::exists(file);
}

// Whether the plan is made from calibration images, which takes the program
// with LibTorch.
bool PlansByImages(const InitArgs& args,
                   const session::StudentRequest& request) {
  return request.plan.empty() && request.calibration &&
         !IsMissing(args, args.student.teacher) &&
         !IsMissing(args, args.student.calibration.data.root);
}

// This and SvdFor may continue in the program with LibTorch, so nothing is
// printed before.
session::PreparedStudent Prepare(
    const InitArgs& args, const session::StudentRequest& request,
    const pretrained::PretrainedCheckpoint* teacher,
    const Invocation& invocation) {
  if (!PlansByImages(args, request)) {
    select::Plan plan = session::PlanStudent(request, teacher);
    if (args.dry_run || !IsSolved(plan)) return {std::move(plan), {}};
  }
  return invocation.Torch().prepare_student(args, request, teacher);
}

// Null where the student is computed, or the plan does without.
const select::SvdParts* SvdFor(const session::PreparedStudent& prepared,
                               const Invocation& invocation) {
  const bool needed = !prepared.student && select::NeedsSvd(prepared.plan);
  return needed ? &invocation.Torch().svd() : nullptr;
}

// Open, plan, print, apply, write.
void RunInit(const InitArgs& args, const session::StudentRequest& request,
             const Invocation& invocation) {
  const std::string& file = args.student.teacher;
  if (IsMissing(args, file)) return DryRunWithoutFile(args, request);
  std::optional<pretrained::PretrainedCheckpoint> teacher;
  if (!file.empty()) teacher = pretrained::Open(file, request.copy);
  if (teacher && IsMissing(args, args.student.calibration.data.root)) {
    return DryRunWithoutImages(args, request, *teacher);
  }
  const auto* source = teacher ? &*teacher : nullptr;
  const auto prepared = Prepare(args, request, source, invocation);
  const select::SvdParts* svd =
      args.dry_run ? nullptr : SvdFor(prepared, invocation);
  if (teacher) {
    session::LogTeacher(prepared.plan, *teacher,
                        request.teacher_model.has_value());
  }
  if (prepared.sizes && !args.json) {
    fmt::print("{}", SizeTable(*prepared.sizes));
  }
  ShowPlan(args, prepared.plan);
  if (args.dry_run) return;
  session::WriteStudent(args.output, prepared, source, args.hash,
                        invocation.command, svd);
}

}  // namespace

void AddInit(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<InitArgs>();
  CLI::App* c = app.add_subcommand(
      "init",
      "Initialise a student from a teacher by weight selection, or at random");
  AddInitOptions(*c, *args);
  invocation.computing.push_back(
      {c, [args] {
         return !args->dry_run && !args->student.calibration.data.root.empty();
       }});
  c->callback([args, c, &invocation] {
    CheckInitArgs(*args, *c);
    const auto request = RequestOf(args->student);
    if (PlansByImages(*args, request)) invocation.Torch();
    const auto& head = c->get_option("--head")->results();
    if (std::ranges::find(head, "fresh") != head.end()) {
      LogRenamed("--head fresh", "--head reset");
    }
    RunInit(*args, request, invocation);
  });
}

}  // namespace wsel::cli
