// Torch-free.
#pragma once

#include <optional>
#include <string>

#include "wsel/pretrained/file_hash.h"
#include "wsel/pretrained/pretrained_checkpoint.h"
#include "wsel/select/apply.h"
#include "wsel/select/plan.h"
#include "wsel/session/calibrated_student.h"
#include "wsel/session/student_request.h"

namespace wsel::session {

// The one way from a teacher to a student: request -> plan -> applied student.

// Plans a student, or reads the plan that is given. `teacher` is the opened
// request.teacher, or null without one. Errors: kIo, kFormat for files; kUsage
// if the plan needs a teacher and there is none, or the other way round; those
// of pretrained::RequireModel and the planners of select.
select::Plan PlanStudent(const StudentRequest& request,
                         const pretrained::PretrainedCheckpoint* teacher);

// Plans a student of a teacher without its file, from its model: given, or
// named by the file. nullopt if that is unknown. Undecided if the rule depends
// on weights. Errors: as PlanStudent; for a generic student those of its files.
std::optional<select::Plan> PlanWithoutFile(const StudentRequest& request);

// The plan for a dry run without its images; nullopt if they choose the
// blocks or sizes. Its indices are undecided. Errors: as PlanStudent
// and CheckBudget.
std::optional<select::Plan> PlanWithoutImages(
    const StudentRequest& request,
    const pretrained::PretrainedCheckpoint& teacher);

// Logs what of the teacher's file is ignored or assumed, and warns of
// differences in the forward pass; of a given model nothing is assumed. Nothing
// for a generic plan.
void LogTeacher(const select::Plan& plan,
                const pretrained::PretrainedCheckpoint& teacher,
                bool model_given = false);

// Executes a plan (select/apply.h) on the teacher that it was made for. `svd`
// as there.
select::Student ApplyPlan(const select::Plan& plan,
                          const pretrained::PretrainedCheckpoint* teacher,
                          const select::SvdParts* svd);

// Applies a plan, unless its student is computed already, and writes the
// student's checkpoint, with all that reproducing it needs as metadata. Warns
// of NaN and infinite values, which come from the teacher. `command` is the
// whole command line. Errors: as select::Apply; kIo.
void WriteStudent(const std::filesystem::path& output,
                  const PreparedStudent& prepared,
                  const pretrained::PretrainedCheckpoint* teacher,
                  pretrained::HashScope scope, const std::string& command,
                  const select::SvdParts* svd);

}  // namespace wsel::session
