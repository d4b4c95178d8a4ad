#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cmath>
#include <filesystem>
#include <memory>

#include "commands.h"
#include "init_args.h"
#include "init_generic.h"
#include "load_report.h"
#include "model_args.h"
#include "pretrained.h"
#include "provenance.h"
#include "renamed_option.h"
#include "wsel/checkpoint/writer.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/text_file.h"
#include "wsel/model/forward_differences.h"
#include "wsel/model/init_rule.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/select/apply.h"
#include "wsel/select/importance_scores.h"
#include "wsel/select/plan_json.h"
#include "wsel/select/report.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::cli {
namespace {

model::Config TeacherModel(const InitArgs& args,
                           const PretrainedCheckpoint& teacher) {
  const model::Detection& found = RequireModel(teacher);
  if (!args.teacher_model.empty()) return NamedModel(args.teacher_model);
  return found.config;
}

// The student's config; with --head reuse and no --num-classes, with as many
// classes as the teacher.
model::Config StudentModel(const InitArgs& args, const model::Config& teacher) {
  ModelArgs student = args.student;
  if (args.head == "reuse" && !student.num_classes) {
    student.num_classes = NumClasses(teacher);
  }
  model::Config config = Resolve(student);
  bool* conv_mlp = FieldsOf(config).conv_mlp;
  // In the official student the MLP's weights are matrices.
  if (!args.compat.empty() && conv_mlp != nullptr) *conv_mlp = false;
  return config;
}

select::Plan PlanFromTeacher(const InitArgs& args,
                             const PretrainedCheckpoint& teacher) {
  const select::Options options = SelectionOptions(args);
  const model::Config config = TeacherModel(args, teacher);
  return PlanSelection(config, teacher.remapped.tensors->Specs(),
                       StudentModel(args, config), options,
                       select::ImportanceScoresOf(*teacher.remapped.tensors));
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
                "is not used by this plan, which initialises at random");
  }
  return plan;
}

select::Plan MakePlan(const InitArgs& args,
                      const PretrainedCheckpoint* teacher) {
  if (!args.plan.empty()) return ReadPlan(args);
  if (IsGenericStudent(args)) return PlanGenericStudent(args, *teacher->file);
  return teacher == nullptr ? PlanWithoutTeacher(args)
                            : PlanFromTeacher(args, *teacher);
}

// The model of a missing teacher, by --teacher-model or the file's name.
std::optional<model::Config> ModelOfMissing(const InitArgs& args) {
  if (!args.teacher_model.empty()) return NamedModel(args.teacher_model);
  try {
    return NamedModel(std::filesystem::path(args.teacher).stem().string());
  } catch (const Error&) {
    return std::nullopt;
  }
}

// The plan for the teacher's shapes, without its weights; undecided if the rule
// depends on them.
select::Plan PlanWithoutWeights(const InitArgs& args,
                                const model::Config& teacher) {
  std::vector<TensorSpec> specs;
  for (const model::ParameterSpec& tensor : ParameterSpecs(teacher)) {
    specs.push_back(tensor.spec);
  }
  return PlanSelection(teacher, specs, StudentModel(args, teacher),
                       SelectionOptions(args), {});
}

// The student has timm's eps and activation, which may not be the teacher's.
void WarnOfForwardDifferences(const select::Plan& plan) {
  const auto* student = std::get_if<model::Config>(&plan.student);
  const auto* teacher =
      plan.teacher ? std::get_if<model::Config>(&*plan.teacher) : nullptr;
  if (student == nullptr || teacher == nullptr) return;
  for (const std::string& clause : ForwardDifferences(*teacher, *student)) {
    spdlog::warn("the teacher was trained with {} as in the student", clause);
  }
}

// NaN in a teacher is copied into its student.
void WarnOfNaN(const select::Plan& plan, const select::Student& student) {
  for (size_t i = 0; i < student.tensors.size(); ++i) {
    // The sum is NaN if any value is, and is cheaper than checking each.
    if (!std::isnan(student.tensors[i].sum().item<float>())) continue;
    spdlog::warn("{} contains NaN or infinite values, as the teacher does",
                 plan.entries[i].student.name);
    return;
  }
}

// Prints the plan in the format asked for, and saves it for --save-plan.
void ShowPlan(const InitArgs& args, const select::Plan& plan) {
  fmt::print("{}", args.json      ? select::ToJson(plan)
                   : args.dry_run ? select::Report(plan)
                                  : select::Summary(plan));
  if (!args.save_plan.empty())
    WriteTextFile(args.save_plan, select::ToJson(plan));
}

// A dry run if the teacher's file is missing.
void DryRunWithoutTeacher(const InitArgs& args) {
  if (!args.json) fmt::print("missing  {}\n", args.teacher);
  const bool generic = IsGenericStudent(args);
  if (generic) CheckGenericStudent(args);
  const auto teacher = generic ? std::nullopt : ModelOfMissing(args);
  std::optional<select::Plan> plan;
  if (teacher) plan = PlanWithoutWeights(args, *teacher);
  const bool wants_plan = args.json || !args.save_plan.empty();
  if (wants_plan && !(plan && IsDecided(*plan))) {
    throw Error(ErrorKind::kIo, args.teacher,
                generic ? "is missing, so there is no plan to print or save"
                        : "is missing, so there is no plan to print or save; "
                          "give --teacher-model, and a --method that does not "
                          "depend on weights");
  }
  if (plan) ShowPlan(args, *plan);
}

void WriteStudent(const InitArgs& args, const select::Plan& plan,
                  const PretrainedCheckpoint* teacher,
                  const Invocation& invocation) {
  // Tensors are processed in parallel, each by one thread.
  at::set_num_threads(1);
  const select::Student student =
      select::Apply(plan, teacher == nullptr ? nullptr
                          : IsGeneric(plan)  ? teacher->file.get()
                                             : teacher->remapped.tensors.get());
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
  const bool missing =
      !args.teacher.empty() && !std::filesystem::exists(args.teacher);
  if (missing && args.dry_run && args.plan.empty()) {
    DryRunWithoutTeacher(args);
    return;
  }
  std::optional<PretrainedCheckpoint> teacher;
  if (!args.teacher.empty()) teacher = OpenPretrained(args.teacher);
  const PretrainedCheckpoint* source = teacher ? &*teacher : nullptr;
  const select::Plan plan = MakePlan(args, source);
  if (teacher && !IsGeneric(plan)) {
    LogLoadReport(*teacher);
    WarnOfForwardDifferences(plan);
  }
  ShowPlan(args, plan);
  if (!args.dry_run) WriteStudent(args, plan, source, invocation);
}

}  // namespace

void AddInit(CLI::App& app, const Invocation& invocation) {
  const auto args = std::make_shared<InitArgs>();
  CLI::App* c = app.add_subcommand(
      "init",
      "Initialise a student from a teacher by weight selection, or at random");
  AddInitOptions(*c, *args);
  c->callback([args, c, &invocation] {
    if (args->head == "fresh") {
      LogRenamed("--head fresh", "--head reset");
      args->head = "reset";
    }
    RunInit(*args, *c, invocation);
  });
}

}  // namespace wsel::cli
