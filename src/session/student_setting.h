#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wsel/calibrate/images.h"
#include "wsel/calibrate/reference.h"
#include "wsel/calibrate/solve.h"
#include "wsel/model/config.h"
#include "wsel/select/calibration_record.h"
#include "wsel/select/options.h"
#include "wsel/select/plan.h"
#include "wsel/session/size_choices.h"
#include "wsel/tensor/source.h"

namespace wsel::session {

// What all students of a teacher on some images share.
struct StudentSetting {
  const TensorSource& tensors;  // the teacher's
  const model::Config& config;  // the teacher's
  const calibrate::Reference& whole;
  const calibrate::Images& images;
  select::ImportanceScores scores;
  select::CalibrationRecord record;
};

// "0,2,4/1,3", as --layers takes it.
std::string ListOf(const std::vector<std::vector<int64_t>>& layers);

// The plan of a student; `options` give its blocks by number. Errors: as
// select::PlanSelection, its scores and calibrate::MarkSolved.
select::Plan PlanOn(const StudentSetting& setting, const model::Config& student,
                    const select::Options& options);

// Makes the student of a plan; `blocks` as in calibrate/solve.h. Errors: as
// there and as select::Apply.
calibrate::SolvedStudent SolveFor(const select::Plan& plan,
                                  const TensorSource& tensors,
                                  const calibrate::Reference& blocks,
                                  const calibrate::Images& images);

// A student that is made, and its plan.
struct BuiltStudent {
  select::Plan plan;
  calibrate::SolvedStudent solved;
};

// Makes a student of these sizes. Errors: as PlanOn and SolveFor.
BuiltStudent BuildOn(const StudentSetting& setting,
                     const SizeCandidate& candidate, select::Options options);

// The share of the teacher's last stream that a student lacks. Errors: as
// calibrate::OutputAgreementOf.
double LackOf(const StudentSetting& setting, const BuiltStudent& student);

}  // namespace wsel::session
