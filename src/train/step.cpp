#include "wsel/train/step.h"

#include <ATen/ATen.h>

#include "wsel/model/drop_path.h"
#include "wsel/optim/clip.h"
#include "wsel/train/loss.h"
#include "wsel/train/precision.h"

namespace wsel::train {
namespace {

// Adds `prefix` to each name.
optim::NamedTensors Prefixed(const std::string& prefix,
                             optim::NamedTensors tensors) {
  for (auto& tensor : tensors) tensor.name = prefix + tensor.name;
  return tensors;
}

// The tensors whose names start with `prefix`, without it.
optim::NamedTensors Under(const std::string& prefix,
                          const optim::NamedTensors& tensors) {
  optim::NamedTensors under;
  for (const auto& tensor : tensors) {
    if (!tensor.name.starts_with(prefix)) continue;
    under.push_back({tensor.name.substr(prefix.size()), tensor.tensor});
  }
  return under;
}

void Append(optim::NamedTensors& to, const optim::NamedTensors& from) {
  to.insert(to.end(), from.begin(), from.end());
}

// [branches, B] of a part of the effective batch; undefined without drop path.
at::Tensor BranchScales(const model::Config& config, const Options& options,
                        int64_t step, int64_t first, int64_t count) {
  if (options.drop_path == 0) return {};
  const auto scales = model::DropPathScales(config, options.drop_path,
                                            options.seed, step, first, count);
  return at::tensor(scales).view({-1, count});
}

}  // namespace

optim::NamedTensors ParametersOf(const model::Model& model) {
  optim::NamedTensors parameters;
  for (const auto& parameter : model.module->named_parameters()) {
    parameters.push_back({parameter.key(), parameter.value()});
  }
  return parameters;
}

Step::Step(model::Model& model, const Options& options, Precision precision,
           const c10::Device& device)
    : model_(model),
      options_(options),
      precision_(precision),
      device_(device),
      parameters_(ParametersOf(model)),
      optimizer_(parameters_, options.optimizer) {
  if (options.ema_decay > 0) ema_.emplace(parameters_, options.ema_decay);
  if (precision == Precision::kFp16) scaler_.emplace(device);
}

void Step::Accumulate(const MicroBatch& part, int64_t step) {
  const int64_t count = part.images.size(0);
  auto scales = BranchScales(model_.config, options_, step, part.first, count);
  if (scales.defined()) scales = scales.to(device_);
  at::Tensor logits;
  {
    const Autocast autocast(precision_, device_);
    logits = model_.forward_train(part.images, scales);
  }
  const double share =
      static_cast<double>(count) / static_cast<double>(options_.batch_size);
  const auto loss = SoftTargetCrossEntropy(logits, part.targets) * share;
  (scaler_ ? scaler_->Scale(loss) : loss).backward();
  const auto value = loss.detach();
  loss_ = loss_.defined() ? loss_ + value : value;
}

at::Tensor Step::Update(double lr) {
  const bool finite = !scaler_ || scaler_->Unscale(parameters_);
  if (options_.clip_grad > 0) {
    norm_ = optim::ClipGradients(parameters_, options_.clip_grad);
  }
  if (finite) {
    optimizer_.Step(lr);
    if (ema_) ema_->Update();
  }
  optimizer_.ZeroGradients();
  return std::exchange(loss_, at::Tensor());
}

optim::NamedTensors Step::ExportState() const {
  auto state = Prefixed("model.", optim::Snapshot(parameters_));
  Append(state, Prefixed("adamw.", optimizer_.ExportState()));
  if (ema_) Append(state, Prefixed("ema.", optim::Snapshot(ema_->averages())));
  if (scaler_) {
    Append(state, Prefixed("scaler.", optim::Snapshot(scaler_->State())));
  }
  return state;
}

void Step::ImportState(const optim::NamedTensors& state,
                       std::string_view where) {
  const at::NoGradGuard no_grad;
  optim::Restore(Under("model.", state), parameters_, where);
  optimizer_.ImportState(Under("adamw.", state), where);
  if (ema_) ema_->ImportState(Under("ema.", state), where);
  if (scaler_) optim::Restore(Under("scaler.", state), scaler_->State(), where);
}

}  // namespace wsel::train
