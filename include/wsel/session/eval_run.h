#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "wsel/distributed/process_group.h"
#include "wsel/pretrained/facts.h"
#include "wsel/session/eval_request.h"
#include "wsel/session/print.h"
#include "wsel/train/calibration_error.h"
#include "wsel/train/evaluate.h"

namespace wsel::session {

struct EvalResult {
  train::Evaluation metrics;
  std::string split;  // Dataset::name of the images: "cifar100 test"
  pretrained::Facts facts;
  train::Precision precision = train::Precision::kAuto;
  std::optional<Among> among;                          // as Evaluation::among
  std::optional<train::CalibrationError> calibration;  // with job.ece
  std::vector<std::string> corrupt_files;  // as data::Loader::corrupt_files
};

// Prints missing files, the model and the number of images, and checks
// everything else as Evaluate does. The classes of a missing checkpoint are
// unknown: its name gives only the architecture. Errors: as Evaluate.
void DryRunEval(const EvalJob& job, const Print& print);

// Evaluates a checkpoint and writes the files that are asked for; shows
// progress on stderr. Every rank of `group` calls it, of which the first
// writes; null: there is one. Errors: as Evaluation; kUsage for what images
// with several labels do not have.
EvalResult Evaluate(const EvalJob& job, distributed::ProcessGroup* group);

// The result of an evaluation, with what it was of.
nlohmann::ordered_json ToJson(const EvalRequest& request,
                              const EvalResult& evaluation);

}  // namespace wsel::session
