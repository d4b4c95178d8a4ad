#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "commands.h"
#include "init_args.h"
#include "options.h"
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

// Null where the plan does without. This may continue in the program with
// LibTorch, so nothing is printed before.
const select::SvdParts* SvdFor(const select::Plan& plan,
                               const Invocation& invocation) {
  return select::NeedsSvd(plan) ? &invocation.Torch().svd() : nullptr;
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
  const select::Plan plan = session::PlanStudent(request, source);
  const select::SvdParts* svd =
      args.dry_run ? nullptr : SvdFor(plan, invocation);
  if (teacher) {
    session::LogTeacher(plan, *teacher, request.teacher_model.has_value());
  }
  ShowPlan(args, plan);
  if (args.dry_run) return;
  session::WriteStudent(args.output, plan, source, args.hash,
                        invocation.command, svd);
}

}  // namespace

void AddInit(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<InitArgs>();
  CLI::App* c = app.add_subcommand(
      "init",
      "Initialise a student from a teacher by weight selection, or at random");
  AddInitOptions(*c, *args);
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
