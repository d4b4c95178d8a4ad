#include "evaluator.h"

#include <ATen/core/grad_mode.h>

#include "step_batches.h"
#include "wsel/run/file_names.h"
#include "wsel/train/transforms.h"

namespace wsel::train {

void Evaluator::Evaluate(const optim::Ema* ema, RunWriter& writer,
                         TrainerState& state, EpochReport& report) {
  report.evaluated = true;
  report.test = EvaluateOnTest(model_);
  state.last_top1 = report.test.top1;
  state.last_top5 = report.test.top5;
  state.last_loss = report.test.loss;
  if (report.test.top1 > state.best_top1) {
    report.best = true;
    state.best_top1 = report.test.top1;
    state.best_top5 = report.test.top5;
    state.best_epoch = report.epoch;
    writer.Keep(run::kBest, ParametersOf(model_), report.epoch);
  }
  if (ema == nullptr) return;
  report.has_ema = true;
  report.ema = EvaluateOnTest(EmaModel(*ema));
  if (report.ema.top1 > state.best_ema_top1) {
    state.best_ema_top1 = report.ema.top1;
    writer.Keep(run::kBestEma, ema->ema_weights(), report.epoch);
  }
}

Evaluation Evaluator::EvaluateOnTest(const nn::Model& model) {
  const Options& options = job_.options;
  data::Loader loader = OrderedLoader(
      job_, job_.test, MakeEvalTransform(options.evaluation), uploader_);
  return train::Evaluate(
      [&](const at::Tensor& x) { return model.forward(x); }, loader, uploader_,
      {options.transform.img_size, options.precision, job_.device});
}

nn::Model Evaluator::EmaModel(const optim::Ema& ema) const {
  const at::NoGradGuard no_grad;
  nn::Model model = nn::Build(model_.config);
  model.module->to(job_.device);
  optim::CopyTensorsInto(ema.ema_weights(), ParametersOf(model), "ema");
  return model;
}

}  // namespace wsel::train
