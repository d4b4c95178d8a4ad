#include "wsel/session/student_plan.h"

#include "plan_inputs.h"
#include "wsel/calibrate/mark_solved.h"
#include "wsel/core/error.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/naming/kin_form.h"
#include "wsel/pretrained/facts.h"
#include "wsel/select/generic_plan.h"
#include "wsel/select/importance_scores.h"
#include "wsel/session/size_choices.h"

namespace wsel::session {
namespace {

using pretrained::PretrainedCheckpoint;

select::Plan PlanOf(const FamilyStudent& student,
                    const checkpoint::Checkpoint& teacher,
                    const select::Options& options) {
  return select::PlanByFamily(student.family, teacher.Specs(),
                              student.teacher_sizes, student.student_sizes,
                              options, select::ImportanceScoresOf(teacher));
}

select::Plan PlanOf(const LikeStudent& student,
                    const checkpoint::Checkpoint& teacher,
                    const select::Options& options) {
  const auto like = checkpoint::Open(student.checkpoint);
  return select::PlanLike(teacher.Specs(), teacher.path().filename().string(),
                          like->Specs(), like->path().filename().string(),
                          options, select::ImportanceScoresOf(teacher));
}

// Plans a FamilyStudent or LikeStudent from the teacher's tensors, under the
// names in its file.
select::Plan PlanGenericStudent(const StudentRequest& request,
                                const checkpoint::Checkpoint& teacher) {
  const auto* family = std::get_if<FamilyStudent>(&request.student);
  select::Plan plan = family != nullptr
                          ? PlanOf(*family, teacher, request.options)
                          : PlanOf(std::get<LikeStudent>(request.student),
                                   teacher, request.options);
  for (const checkpoint::UnsupportedTensor& tensor : teacher.unsupported()) {
    plan.unused.push_back({tensor.name, tensor.reason});
  }
  return plan;
}

// Errors: kUsage if only images could decide what is requested.
void RequireNoImages(const StudentRequest& request) {
  const select::Options& options = request.options;
  const bool best = options.layers == select::kBestLayers;
  if (!best && !options.Rule().NeedsImages()) return;
  throw Error(ErrorKind::kUsage, best ? "layers" : "method",
              "{} needs calibration images, of which wsel init and wsel train "
              "make a student: wsel init --calibrate DATASET --data-root DIR",
              best ? select::kBestLayers : options.method->name);
}

}  // namespace

select::Plan PlanStudent(const StudentRequest& request,
                         const PretrainedCheckpoint* teacher) {
  if (!request.plan.empty()) return ReadPlan(request);
  RequireNoImages(request);
  if (request.IsGeneric()) return PlanGenericStudent(request, *teacher->file);
  if (teacher == nullptr) {
    return select::PlanRandom(std::get<ConfigStudent>(request.student).config,
                              request.initializer, request.options.seed);
  }
  const bool by_heads = request.options.heads != select::Heads::kFlat;
  if (by_heads && !request.teacher_model) RequireKnownHeads(*teacher);
  const model::Config facts =
      FactsOf(*teacher, {.model = request.teacher_model}).model;
  const model::Config student = StudentConfig(request, facts);
  const model::Config config = naming::InFormOf(facts, student);
  const auto tensors = naming::WithForm(*teacher->remapped.tensors, config);
  return PlanSelection(config, tensors->Specs(), student, request.options,
                       select::ImportanceScoresOf(*tensors));
}

std::optional<select::Plan> PlanWithoutImages(
    const StudentRequest& request, const PretrainedCheckpoint& teacher) {
  const pretrained::Facts facts = RunnableFacts(request, teacher);
  select::Options options = request.options;
  const bool best = options.layers == select::kBestLayers;
  if (best) options.layers = "first";  // all other checks are the same
  const model::Config student = StudentConfig(request, facts.model);
  const model::Config config = naming::InFormOf(facts.model, student);
  select::Plan plan = PlanSelection(
      config, naming::WithForm(*teacher.remapped.tensors, config)->Specs(),
      student, options, {});
  if (IsSolved(plan)) calibrate::MarkSolved(plan);
  if (const auto* sized = std::get_if<SizedStudent>(&request.student)) {
    CheckBudget(sized->budget, student, sized->fixed, request.options);
  }
  if (best) return std::nullopt;
  return plan;
}

std::optional<select::Plan> PlanWithoutFile(const StudentRequest& request) {
  if (request.IsGeneric()) {
    const auto* like = std::get_if<LikeStudent>(&request.student);
    if (like != nullptr) checkpoint::Open(like->checkpoint);
    return std::nullopt;
  }
  const auto teacher =
      request.teacher_model
          ? request.teacher_model
          : pretrained::ModelByFileName(request.teacher.string());
  if (!teacher || request.options.layers == select::kBestLayers) {
    return std::nullopt;
  }
  const model::Config student = StudentConfig(request, *teacher);
  const model::Config config = naming::InFormOf(*teacher, student);
  std::vector<TensorSpec> specs;
  for (const model::ParameterSpec& tensor : ParameterSpecs(config)) {
    specs.push_back(tensor.spec);
  }
  select::Plan plan =
      PlanSelection(config, specs, student, request.options, {});
  if (IsSolved(plan)) calibrate::MarkSolved(plan);
  return plan;
}

select::Student ApplyPlan(const select::Plan& plan,
                          const PretrainedCheckpoint* teacher,
                          const select::SvdParts* svd) {
  if (teacher == nullptr) return select::Apply(plan, nullptr, svd);
  if (IsGeneric(plan)) return select::Apply(plan, teacher->file.get(), svd);
  if (!plan.teacher) {
    return select::Apply(plan, teacher->remapped.tensors.get(), svd);
  }
  const auto tensors = naming::WithForm(*teacher->remapped.tensors,
                                        std::get<model::Config>(*plan.teacher));
  return select::Apply(plan, tensors.get(), svd);
}

}  // namespace wsel::session
