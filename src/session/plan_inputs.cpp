#include "plan_inputs.h"

#include "wsel/calibrate/mark_solved.h"
#include "wsel/core/error.h"
#include "wsel/core/text_file.h"
#include "wsel/select/plan_json.h"
#include "wsel/session/size_choices.h"

namespace wsel::session {

model::Config StudentConfig(const StudentRequest& request,
                            const model::Config& teacher) {
  if (const auto* sized = std::get_if<SizedStudent>(&request.student)) {
    return AsLargeAs(teacher, sized->fixed);
  }
  const auto& student = std::get<ConfigStudent>(request.student);
  model::Config config = student.config;
  if (request.options.head == select::Head::kReuse &&
      !student.has_num_classes) {
    SetNumClasses(config, NumClasses(teacher));
  }
  // In the official student the MLP's weights are matrices.
  bool* conv_mlp = FieldsOf(config).conv_mlp;
  if (request.options.official && conv_mlp != nullptr) *conv_mlp = false;
  return config;
}

namespace {

// Calibration compares both models on the same images.
void RequireSameImages(const model::Config& teacher,
                       const model::Config& student) {
  if (InChans(teacher) == InChans(student)) return;
  throw Error(ErrorKind::kMismatch, "in_chans",
              "is {}, but {} takes images of {} channels, and calibration "
              "compares both on the same images; select by weights (`method` "
              "uniform, without calibration images)",
              InChans(student), NameOf(teacher), InChans(teacher));
}

}  // namespace

pretrained::Facts RunnableFacts(
    const StudentRequest& request,
    const pretrained::PretrainedCheckpoint& teacher) {
  if (request.IsGeneric()) {
    throw Error(
        ErrorKind::kUsage, "calibrate",
        "needs the teacher's outputs, and only a ViT or ConvNeXt can be "
        "run; leave it out with a family or a student-like checkpoint");
  }
  if (!request.teacher_model) RequireKnownHeads(teacher);
  pretrained::Facts facts = FactsOf(teacher, {.model = request.teacher_model});
  if (request.plan.empty()) {
    RequireSameImages(facts.model, StudentConfig(request, facts.model));
  }
  return facts;
}

select::Plan ReadPlan(const StudentRequest& request) {
  const std::string path = request.plan.string();
  select::Plan plan = select::PlanFromJson(ReadText(path), path);
  if (plan.teacher && request.teacher.empty()) {
    throw Error(ErrorKind::kUsage, "teacher",
                "is missing: the plan selects from a teacher");
  }
  if (!plan.teacher && !request.teacher.empty()) {
    throw Error(ErrorKind::kUsage, "teacher",
                "is not used by this plan, which initialises at random");
  }
  if (IsSolved(plan)) {
    select::Plan checked = plan;
    calibrate::MarkSolved(checked);
  } else if (request.calibration) {
    throw Error(ErrorKind::kUsage, "data_root",
                "is not used by this plan, which has all its indices");
  }
  return plan;
}

}  // namespace wsel::session
