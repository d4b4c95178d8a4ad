#include "student_setting.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>
#include <variant>

#include "wsel/calibrate/agreement.h"
#include "wsel/calibrate/mark_solved.h"

namespace wsel::session {

using select::Solve;

std::string ListOf(const std::vector<std::vector<int64_t>>& layers) {
  std::vector<std::string> stages;
  for (const auto& stage : layers) {
    stages.push_back(fmt::format("{}", fmt::join(stage, ",")));
  }
  return fmt::format("{}", fmt::join(stages, "/"));
}

select::Plan PlanOn(const StudentSetting& setting, const model::Config& student,
                    const select::Options& options) {
  const bool projects = options.Rule().solve == Solve::kProjection;
  select::Plan plan =
      PlanSelection(setting.config, setting.tensors.Specs(), student, options,
                    projects ? select::ImportanceScores{} : setting.scores);
  plan.calibration = setting.record;
  if (IsSolved(plan)) calibrate::MarkSolved(plan);
  return plan;
}

calibrate::SolvedStudent SolveFor(const select::Plan& plan,
                                  const TensorSource& tensors,
                                  const calibrate::Reference& blocks,
                                  const calibrate::Images& images) {
  if (plan.options.Rule().solve == Solve::kProjection) {
    return SolveProjection(plan, blocks, images);
  }
  if (IsSolved(plan)) {
    return SolveRegression(plan, calibrate::ApplyOnOneThread(plan, tensors),
                           blocks, images);
  }
  return {calibrate::ApplyOnOneThread(plan, tensors),
          calibrate::EncodingOf(plan), ""};
}

BuiltStudent BuildOn(const StudentSetting& setting,
                     const SizeCandidate& candidate, select::Options options) {
  options.layers = ListOf(candidate.layers);
  select::Plan plan = PlanOn(setting, candidate.config, options);
  auto solved =
      SolveFor(plan, setting.tensors, WithBlocks(setting.whole, plan.layers),
               setting.images);
  return {std::move(plan), std::move(solved)};
}

double LackOf(const StudentSetting& setting, const BuiltStudent& student) {
  const auto& [plan, solved] = student;
  return calibrate::LackingShare(
      OutputAgreementOf(setting.whole, std::get<model::Config>(plan.student),
                        calibrate::WeightsOf(plan, solved.student),
                        solved.encode, setting.images));
}

}  // namespace wsel::session
