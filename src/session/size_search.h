#pragma once

#include <functional>

#include "wsel/calibrate/images.h"
#include "wsel/calibrate/reference.h"
#include "wsel/model/config.h"
#include "wsel/select/options.h"
#include "wsel/select/plan.h"
#include "wsel/session/size_choices.h"
#include "wsel/session/student_request.h"

namespace wsel::session {

// What a search for a student's sizes looks at.
struct SizeSearch {
  const SizedStudent& sized;
  const model::Config& base;  // AsLargeAs the teacher
  const select::Options& options;
  const calibrate::Reference& teacher;     // whole, with the student's tokens
  const select::ImportanceScores& scores;  // the rule's
  const calibrate::Images& images;
};

// How many of the front are built and measured.
inline constexpr size_t kBuilt = 3;

// Chooses a student's sizes (docs/methods.md, "Budget"): estimates the error of
// each width and depth, and measures the best under the budget by `measure`,
// which returns the share of the teacher's last stream that a candidate lacks.
// Calls `keep` after those that are better than all measured before, so that
// the last one kept is the one chosen. The same for any number of threads, but
// for latencies. Errors: as CheckBudget, DropBlocks and SizeErrors; kUsage,
// "budget", if no candidate is fast enough.
SizeChoice ChooseSizes(
    const SizeSearch& search,
    const std::function<double(const SizeCandidate&)>& measure,
    const std::function<void()>& keep);

}  // namespace wsel::session
