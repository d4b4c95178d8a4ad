#include "wsel/session/calibrated_student.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "calibration_images.h"
#include "plan_inputs.h"
#include "size_search.h"
#include "student_setting.h"
#include "wsel/calibrate/agreement.h"
#include "wsel/calibrate/best_layers.h"
#include "wsel/calibrate/importance.h"
#include "wsel/calibrate/reference.h"
#include "wsel/core/error.h"
#include "wsel/naming/kin_form.h"
#include "wsel/pretrained/classes.h"
#include "wsel/select/importance_scores.h"
#include "wsel/session/student_plan.h"

namespace wsel::session {
namespace {

using pretrained::PretrainedCheckpoint;
using select::Calibration;

bool NeedsLabels(const select::Options& options) {
  return options.Rule().calibration == Calibration::kGradients;
}

// For each class of the images the teacher's output.
std::vector<int64_t> OutputsOf(const PretrainedCheckpoint& teacher,
                               const model::Config& config,
                               const std::vector<std::string>& classes) {
  const int64_t outputs = NumClasses(config);
  auto matched = RequireSameClasses(teacher, outputs, classes,
                                    pretrained::ClassOrder::kNames);
  if (outputs > 0 && matched.size() == classes.size()) return matched;
  throw Error(ErrorKind::kMismatch, "method=taylor",
              "needs labels in the teacher's classes: the teacher has {}, the "
              "calibration images {}; use method=activation",
              outputs, classes.size());
}

select::ImportanceScores ScoresFor(const select::Options& options,
                                   const PretrainedCheckpoint& teacher,
                                   const TensorSource& tensors,
                                   const calibrate::Reference& reference,
                                   const CalibrationImages& images) {
  switch (options.Rule().calibration) {
    case Calibration::kActivations:
      return ActivationScores(reference, images.images);
    case Calibration::kGradients:
      if (images.unlabelled) {
        throw Error(ErrorKind::kMismatch, "method=taylor",
                    "needs labels, and the calibration images have none; give "
                    "them in class folders or by `labels`, or use "
                    "method=activation");
      }
      if (images.multi_label) {
        throw Error(ErrorKind::kMismatch, "method=taylor",
                    "needs one label per image, and the calibration images "
                    "have several; use method=activation");
      }
      return GradientScores(
          reference, images.images,
          OutputsOf(teacher, reference.config, images.classes));
    case Calibration::kNone:
      break;
  }
  return select::ImportanceScoresOf(tensors);
}

// Replaces `best` by the blocks that it stands for; returns a note on it.
std::vector<std::string> ResolveLayers(const calibrate::Reference& teacher,
                                       const model::Config& student,
                                       const calibrate::Images& images,
                                       select::Options& options) {
  if (options.layers != select::kBestLayers) return {};
  const auto best = ChooseBestLayers(teacher, StageDepths(student), images);
  options.layers = ListOf(best.layers);
  return {fmt::format(
      "layers best: blocks dropped one by one, with the relative change of the "
      "features on {} images: {}",
      std::min(images.size(), calibrate::kDepthImages),
      best.dropped.empty() ? "none"
                           : fmt::format("{}", fmt::join(best.dropped, ", ")))};
}

// A plan's agreement was measured on other images than its own where there were
// enough; plans of older versions say that it was not.
const calibrate::Images& MeasuredImages(const CalibrationImages& opened,
                                        const select::CalibrationRecord& plan) {
  const bool on_its_own = plan.agreement && plan.agreement->held_out == 0;
  return opened.held_out && !on_its_own ? *opened.held_out : opened.images;
}

// Completes a plan by the agreement of its student, also where it is replayed
// with another teacher. The student is made here unless a search has `made` it.
select::Student Compute(
    const calibrate::Reference& whole, const CalibrationImages& opened,
    const TensorSource& tensors, select::Plan& plan,
    std::optional<calibrate::SolvedStudent> made = std::nullopt) {
  const calibrate::Reference blocks = WithBlocks(whole, plan.layers);
  const calibrate::SolvedStudent solved =
      made ? *std::move(made) : SolveFor(plan, tensors, blocks, opened.images);
  if (!solved.warning.empty()) spdlog::warn("{}", solved.warning);
  const auto& student = std::get<model::Config>(plan.student);
  const bool same_classes =
      plan.options.head == select::Head::kReuse && NumClasses(student) > 0;
  const calibrate::Images& images = MeasuredImages(opened, *plan.calibration);
  select::Agreement agreement = AgreementOf(
      whole, blocks, student, calibrate::WeightsOf(plan, solved.student),
      solved.encode, same_classes, images);
  if (&images != &opened.images) agreement.held_out = images.size();
  plan.calibration->agreement = std::move(agreement);
  return solved.student;
}

// Sizes chosen by a budget, and the student that the search made of them.
struct ChosenStudent {
  SizeChoice sizes;
  BuiltStudent student;
};

// `base`: as large as the teacher.
ChosenStudent ChooseStudent(const SizedStudent& sized,
                            const StudentSetting& setting,
                            const model::Config& base,
                            const select::Options& options) {
  BuiltStudent last;
  BuiltStudent best;
  SizeChoice sizes = ChooseSizes(
      {sized, base, options, setting.whole, setting.scores, setting.images},
      [&](const SizeCandidate& candidate) {
        last = BuildOn(setting, candidate, options);
        return LackOf(setting, last);
      },
      [&] { best = std::move(last); });
  return {std::move(sizes), std::move(best)};
}

PreparedStudent Calibrated(const StudentRequest& request,
                           const PretrainedCheckpoint& teacher, bool compute) {
  const pretrained::Facts facts = RunnableFacts(request, teacher);
  const model::Config student = StudentConfig(request, facts.model);
  select::Options options = request.options;
  // Checks all that needs no images before they are read.
  PlanWithoutImages(request, teacher);
  const auto opened = OpenCalibrationImages(*request.calibration, facts,
                                            ImageSize(student), options.seed);
  const model::Config config = naming::InFormOf(facts.model, student);
  const auto tensors = naming::WithForm(*teacher.remapped.tensors, config);
  const auto whole = calibrate::ReferenceOf(config, *tensors, student, options);
  const image::Normalisation& inputs = opened.images.normalisation();
  const StudentSetting setting{
      *tensors,
      config,
      whole,
      opened.images,
      ScoresFor(options, teacher, *tensors, whole, opened),
      {request.calibration->data.name, opened.images.size(), options.seed,
       opened.images.Digest(NeedsLabels(options)), std::nullopt, inputs.mean,
       inputs.std}};
  PreparedStudent prepared;
  select::Plan& plan = prepared.plan;
  std::vector<std::string> notes;
  std::optional<calibrate::SolvedStudent> made;
  if (const auto* sized = std::get_if<SizedStudent>(&request.student)) {
    ChosenStudent chosen = ChooseStudent(*sized, setting, student, options);
    notes = {NoteOf(chosen.sizes)};
    prepared.sizes = std::move(chosen.sizes);
    plan = std::move(chosen.student.plan);
    made = std::move(chosen.student.solved);
  } else {
    notes = ResolveLayers(whole, student, opened.images, options);
    plan = PlanOn(setting, student, options);
  }
  plan.notes.insert(plan.notes.end(), notes.begin(), notes.end());
  if (compute) {
    prepared.student = Compute(whole, opened, *tensors, plan, std::move(made));
  }
  return prepared;
}

// The same pixels are other inputs with another mean and std.
void RequireSameInputs(const select::CalibrationRecord& plan,
                       const image::Normalisation& teacher) {
  if (plan.mean.empty() && plan.std.empty()) return;
  if (plan.mean == teacher.mean && plan.std == teacher.std) return;
  throw Error(
      ErrorKind::kMismatch, "teacher",
      "is normalised with mean {} and std {}, the teacher of the plan "
      "with {} and {}; put the files that lay beside that one beside it",
      fmt::join(teacher.mean, ", "), fmt::join(teacher.std, ", "),
      fmt::join(plan.mean, ", "), fmt::join(plan.std, ", "));
}

// A plan that solves for tensors does so again, on the same images.
PreparedStudent Replayed(const StudentRequest& request,
                         const PretrainedCheckpoint* teacher, bool compute) {
  PreparedStudent prepared{ReadPlan(request), std::nullopt, std::nullopt};
  select::Plan& plan = prepared.plan;
  if (!compute || !IsSolved(plan)) return prepared;
  const select::CalibrationRecord& record = *plan.calibration;
  if (!request.calibration) {
    throw Error(ErrorKind::kUsage, "data_root",
                "is missing: the plan computes the student from {} images of "
                "{}, the folder of which this option gives",
                record.images, record.dataset);
  }
  CalibrationRequest calibration = *request.calibration;
  calibration.data.name = record.dataset;
  calibration.images = record.images;
  pretrained::GivenFacts given;
  given.model = std::get<model::Config>(*plan.teacher);
  const pretrained::Facts facts = FactsOf(*teacher, given);
  const auto& student = std::get<model::Config>(plan.student);
  const auto opened = OpenCalibrationImages(calibration, facts,
                                            ImageSize(student), record.seed);
  const std::string digest = opened.images.Digest(NeedsLabels(plan.options));
  if (digest != record.digest) {
    throw Error(ErrorKind::kMismatch, "data_root",
                "the calibration images are not those of the plan: its SHA-256 "
                "is {}, that of these {} images is {}; give the same data set, "
                "classes, range, subset, validation split and labels",
                record.digest, opened.images.size(), digest);
  }
  RequireSameInputs(record, opened.images.normalisation());
  const auto tensors =
      naming::WithForm(*teacher->remapped.tensors, *given.model);
  const auto whole =
      calibrate::ReferenceOf(*given.model, *tensors, student, plan.options);
  prepared.student = Compute(whole, opened, *tensors, plan);
  return prepared;
}

}  // namespace

PreparedStudent PrepareStudent(const StudentRequest& request,
                               const PretrainedCheckpoint* teacher,
                               bool compute) {
  if (!request.plan.empty()) return Replayed(request, teacher, compute);
  if (!request.calibration) return {PlanStudent(request, teacher), {}, {}};
  if (teacher == nullptr) {
    throw Error(ErrorKind::kUsage, "calibrate", "needs a teacher");
  }
  return Calibrated(request, *teacher, compute);
}

}  // namespace wsel::session
