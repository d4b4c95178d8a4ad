#include <nlohmann/json.hpp>

#include "wsel/session/eval_run.h"

namespace wsel::session {
namespace {

nlohmann::ordered_json MetricsOf(const train::Evaluation& e) {
  if (e.multi_label) {
    return {{"map", e.multi_label->mean_ap},
            {"macro_f1", e.macro_f1},
            {"subset_accuracy", e.multi_label->subset_accuracy},
            {"classes_without_images", e.multi_label->unseen_classes}};
  }
  return {{"top1", e.top1},
          {"top5", e.top5},
          {"balanced_accuracy", e.balanced_accuracy},
          {"macro_f1", e.macro_f1}};
}

}  // namespace

nlohmann::ordered_json ToJson(const EvalRequest& request,
                              const EvalResult& evaluation) {
  const train::Evaluation& e = evaluation.metrics;
  nlohmann::ordered_json result = {{"checkpoint", request.checkpoint.file},
                                   {"dataset", request.data.name},
                                   {"split", evaluation.split},
                                   {"num_images", e.count},
                                   {"skipped", e.skipped},
                                   {"loss", e.loss}};
  result.update(MetricsOf(e));
  result["images"] = ToJson(evaluation.facts);
  result["precision"] = train::Precisions().NameOf(evaluation.precision);
  if (request.views != TestViews::kNone) {
    result["tta"] = AllTestViews().NameOf(request.views);
  }
  if (evaluation.among) result["among"] = Amongs().NameOf(*evaluation.among);
  if (evaluation.calibration) {
    const train::CalibrationError& c = *evaluation.calibration;
    result["ece"] = c.ece;
    result["temperature"] = {{"value", c.temperature},
                             {"fitted_on", "evaluated images"},
                             {"ece", c.scaled_ece},
                             {"loss", c.scaled_loss}};
  }
  return result;
}

}  // namespace wsel::session
