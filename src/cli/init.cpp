#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "commands.h"
#include "init_args.h"
#include "options.h"
#include "torch_commands.h"
#include "wsel/select/plan_json.h"
#include "wsel/select/report.h"
#include "wsel/session/init_student.h"
#include "wsel/session/size_table.h"

namespace wsel::cli {
namespace {

std::string PlanText(const session::InitRequest& request,
                     const select::Plan& plan) {
  if (request.json) return select::ToJson(plan);
  return request.dry_run ? select::Report(plan) : select::Summary(plan);
}

void RunInit(const session::InitRequest& request,
             const session::StudentRequest& student,
             const Invocation& invocation) {
  const session::InitSteps steps{
      .prepare =
          [&](const auto&... of) {
            return invocation.Torch().prepare_student(of...);
          },
      .svd = [&]() -> const select::SvdParts& {
        return invocation.Torch().svd();
      }};
  const session::InitView view{
      .missing =
          [](const std::string& file) { fmt::print("missing  {}\n", file); },
      .sizes =
          [](const session::SizeChoice& choice) {
            fmt::print("{}", SizeTable(choice));
          },
      .plan =
          [&](const select::Plan& plan) {
            fmt::print("{}", PlanText(request, plan));
          }};
  InitStudent(request, student, steps, view, invocation.command);
}

}  // namespace

void AddInit(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<session::InitRequest>();
  CLI::App* c = app.add_subcommand(
      "init",
      "Initialise a student from a teacher by weight selection, or at random");
  AddInitOptions(*c, *args);
  invocation.computing.push_back(
      {c, [args] {
         return !args->dry_run && !args->student.calibration.data.root.empty();
       }});
  c->callback([args, c, &invocation] {
    RequireNoEmptyValue(*c);
    CheckInitRequest(*args, GivenFields(*c));
    const auto student = RequestOf(args->student);
    if (PlansByImages(*args, student)) invocation.Torch();
    const auto& head = c->get_option("--head")->results();
    if (std::ranges::find(head, "fresh") != head.end()) {
      LogRenamed("--head fresh", "--head reset");
    }
    RunInit(*args, student, invocation);
  });
}

}  // namespace wsel::cli
