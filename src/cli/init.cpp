#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "commands.h"
#include "init_args.h"
#include "options.h"
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
  if (!args.save_plan.empty())
    WriteTextFile(args.save_plan, select::ToJson(plan));
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

// Open, plan, print, apply, write.
void RunInit(const InitArgs& args, const session::StudentRequest& request,
             const Invocation& invocation) {
  const std::string& file = args.student.teacher;
  if (args.dry_run && args.student.plan.empty() && !file.empty() &&
      !std::filesystem::exists(file)) {
    return DryRunWithoutFile(args, request);
  }
  std::optional<pretrained::PretrainedCheckpoint> teacher;
  if (!file.empty()) teacher = pretrained::Open(file, request.copy);
  const auto* source = teacher ? &*teacher : nullptr;
  const std::string& images = args.student.calibration.data.root;
  if (args.dry_run && request.plan.empty() && teacher && !images.empty() &&
      !std::filesystem::exists(images)) {
    return DryRunWithoutImages(args, request, *teacher);
  }
  if (args.threads > 0) at::set_num_threads(args.threads);
  const auto prepared =
      session::PrepareStudent(request, source, /*compute=*/!args.dry_run);
  if (teacher) {
    session::LogTeacher(prepared.plan, *teacher,
                        request.teacher_model.has_value());
  }
  ShowPlan(args, prepared.plan);
  if (args.dry_run) return;
  session::WriteStudent(args.output, prepared, source, args.hash,
                        invocation.command);
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
    const auto& head = c->get_option("--head")->results();
    if (std::ranges::find(head, "fresh") != head.end()) {
      LogRenamed("--head fresh", "--head reset");
    }
    CheckInitArgs(*args, *c);
    RunInit(*args, RequestOf(args->student), invocation);
  });
}

}  // namespace wsel::cli
