#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <memory>

#include "wsel/checkpoint/writer.h"
#include "wsel/cli/account.h"
#include "wsel/cli/commands.h"
#include "wsel/cli/init_args.h"
#include "wsel/cli/init_generic.h"
#include "wsel/cli/model_args.h"
#include "wsel/cli/provenance.h"
#include "wsel/cli/use_of_weights.h"
#include "wsel/cli/weights.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/text_file.h"
#include "wsel/model/init_rule.h"
#include "wsel/model/layout.h"
#include "wsel/select/apply.h"
#include "wsel/select/plan_json.h"
#include "wsel/select/report.h"
#include "wsel/select/scores.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::cli {
namespace {

model::Config TeacherModel(const InitArgs& args, const Weights& teacher) {
  const model::Detection& found = RequireModel(teacher);
  if (!args.teacher_model.empty()) return NamedModel(args.teacher_model);
  return found.config;
}

// The student asked for; under --head reuse with the teacher's classes where
// the user named no number.
model::Config StudentModel(const InitArgs& args, const model::Config& teacher) {
  ModelArgs student = args.student;
  if (args.head == "reuse" && !student.num_classes) {
    student.num_classes = NumClasses(teacher);
  }
  model::Config config = Resolve(student);
  auto* convnext = std::get_if<model::ConvNextConfig>(&config);
  // The official student keeps the MLP's weights as matrices.
  if (!args.compat.empty() && convnext != nullptr) convnext->conv_mlp = false;
  return config;
}

select::Plan PlanFromTeacher(const InitArgs& args, const Weights& teacher) {
  const select::Options options = SelectionOptions(args);
  const model::Config config = TeacherModel(args, teacher);
  return PlanSelection(config, teacher.adapted.tensors->Specs(),
                       StudentModel(args, config), options,
                       select::EvidenceOf(*teacher.adapted.tensors));
}

select::Plan PlanWithoutTeacher(const InitArgs& args) {
  return select::PlanRandom(Resolve(args.student), RandomMethod(args),
                            static_cast<uint64_t>(args.seed));
}

select::Plan ReadPlan(const InitArgs& args) {
  select::Plan plan = select::PlanFromJson(ReadText(args.plan), args.plan);
  if (plan.teacher && args.teacher.empty()) {
    throw Error(ErrorKind::kUsage, "--teacher",
                "is missing: the plan selects from a teacher");
  }
  if (!plan.teacher && !args.teacher.empty()) {
    throw Error(ErrorKind::kUsage, "--teacher",
                "has no part in this plan, which draws at random");
  }
  return plan;
}

select::Plan MakePlan(const InitArgs& args, const Weights* teacher) {
  if (!args.plan.empty()) return ReadPlan(args);
  if (AsksForGeneric(args)) return PlanGenericStudent(args, *teacher->file);
  return teacher == nullptr ? PlanWithoutTeacher(args)
                            : PlanFromTeacher(args, *teacher);
}

// The model that an absent teacher is, by --teacher-model or the file's name.
std::optional<model::Config> ModelOfAbsent(const InitArgs& args) {
  if (!args.teacher_model.empty()) return NamedModel(args.teacher_model);
  try {
    return NamedModel(std::filesystem::path(args.teacher).stem().string());
  } catch (const Error&) {
    return std::nullopt;
  }
}

// The plan by the shapes that the registry knows. What weights would decide is
// made up: of such a plan the summary alone means anything.
select::Plan PlanOfAbsent(const InitArgs& args, const model::Config& teacher) {
  std::vector<TensorSpec> specs;
  std::map<std::string, Shape> shapes;
  for (const model::ModelTensor& tensor : Layout(teacher)) {
    specs.push_back(tensor.spec);
    shapes[tensor.spec.name] = tensor.spec.shape;
  }
  const select::Evidence none = {
      [&](const std::string& name, size_t axis, int) {
        return std::vector<double>(static_cast<size_t>(shapes[name][axis]));
      },
      [](const std::string&, int64_t) { return std::string(); }};
  return PlanSelection(teacher, specs, StudentModel(args, teacher),
                       SelectionOptions(args), none);
}

// The student is timm's model of its name, whatever its teacher computed.
void LogOtherUses(const select::Plan& plan) {
  const auto* student = std::get_if<model::Config>(&plan.student);
  const auto* teacher =
      plan.teacher ? std::get_if<model::Config>(&*plan.teacher) : nullptr;
  if (student == nullptr || teacher == nullptr) return;
  for (const std::string& clause : OtherUses(*teacher, *student)) {
    spdlog::warn("the teacher's weights want {}, as the student has", clause);
  }
}

// A teacher's NaN goes on into its student: nothing here can mend it.
void WarnOfNaN(const select::Plan& plan, const select::Student& student) {
  for (size_t i = 0; i < student.tensors.size(); ++i) {
    // A sum is NaN wherever a number is, and costs less than a look at each.
    if (!std::isnan(student.tensors[i].sum().item<float>())) continue;
    spdlog::warn("{} holds NaN or infinities, as the teacher does",
                 plan.entries[i].student.name);
    return;
  }
}

// Prints a plan as the user wants it, and saves it where asked.
void ShowPlan(const InitArgs& args, const select::Plan& plan) {
  fmt::print("{}", args.json      ? select::ToJson(plan)
                   : args.dry_run ? select::Report(plan)
                                  : select::Summary(plan));
  if (!args.save_plan.empty())
    WriteTextFile(args.save_plan, select::ToJson(plan));
}

// A dry run checks all that it can without the teacher's file.
void DryRunOfAbsent(const InitArgs& args) {
  if (!args.json) fmt::print("absent   {}\n", args.teacher);
  const bool generic = AsksForGeneric(args);
  if (generic) CheckGenericStudent(args);
  const auto teacher = generic ? std::nullopt : ModelOfAbsent(args);
  const bool wants_plan = args.json || !args.save_plan.empty();
  const bool open = LooksAtWeights(SelectionOptions(args).method);
  if (wants_plan && (!teacher || open)) {
    throw Error(ErrorKind::kIo, args.teacher,
                generic ? "is absent, so there is no plan to give"
                        : "is absent, so there is no plan to give: "
                          "--teacher-model says what it is, and the method "
                          "must not look at weights");
  }
  if (!teacher) return;
  const select::Plan plan = PlanOfAbsent(args, *teacher);
  if (open) {
    fmt::print("{}", select::Summary(plan));
  } else {
    ShowPlan(args, plan);
  }
}

void WriteStudent(const InitArgs& args, const select::Plan& plan,
                  const Weights* teacher, const Invocation& invocation) {
  // The work is split by tensor; threads inside one would only fight.
  at::set_num_threads(1);
  const select::Student student =
      select::Apply(plan, teacher == nullptr ? nullptr
                          : IsGeneric(plan)  ? teacher->file.get()
                                             : teacher->adapted.tensors.get());
  const auto scope = HashScopes().Find(args.hash, "--hash");
  const std::string hash =
      teacher == nullptr
          ? ""
          : HashTeacher(*teacher->file, student.teacher_digest, scope);
  WarnOfNaN(plan, student);
  std::vector<TensorSpec> specs;
  for (const select::Entry& entry : plan.entries) {
    specs.push_back(entry.student);
  }
  checkpoint::Write(
      args.output, specs, [&](size_t i) { return BytesOf(student.tensors[i]); },
      Provenance(invocation, plan, teacher, hash, scope));
  spdlog::info("wrote {} ({} tensors)", args.output, specs.size());
}

// Open, plan, print, apply, write.
void RunInit(const InitArgs& args, const CLI::App& command,
             const Invocation& invocation) {
  CheckInitArgs(args, command);
  const bool absent =
      !args.teacher.empty() && !std::filesystem::exists(args.teacher);
  if (absent && args.dry_run && args.plan.empty()) {
    DryRunOfAbsent(args);
    return;
  }
  std::optional<Weights> teacher;
  if (!args.teacher.empty()) teacher = OpenWeights(args.teacher);
  const Weights* source = teacher ? &*teacher : nullptr;
  const select::Plan plan = MakePlan(args, source);
  if (teacher && !IsGeneric(plan)) {
    LogAccount(*teacher);
    LogOtherUses(plan);
  }
  ShowPlan(args, plan);
  if (!args.dry_run) WriteStudent(args, plan, source, invocation);
}

}  // namespace

void AddInit(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<InitArgs>();
  CLI::App* c = app.add_subcommand(
      "init", "Make a student checkpoint from a teacher, or at random");
  AddInitOptions(*c, *args);
  c->callback([args, c, &invocation] { RunInit(*args, *c, invocation); });
}

}  // namespace wsel::cli
