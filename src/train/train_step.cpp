#include "wsel/train/train_step.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <map>
#include <utility>

#include "gradient_sum.h"
#include "wsel/model/drop_path.h"
#include "wsel/optim/adamw.h"
#include "wsel/train/device.h"

namespace wsel::train {
namespace {

// Adds `prefix` to each name.
optim::NamedTensors AddPrefix(const std::string& prefix,
                              optim::NamedTensors tensors) {
  for (auto& tensor : tensors) tensor.name = prefix + tensor.name;
  return tensors;
}

// The tensors with names that start with `prefix`, without it.
optim::NamedTensors WithPrefix(const std::string& prefix,
                               const optim::NamedTensors& tensors) {
  optim::NamedTensors found;
  for (const auto& tensor : tensors) {
    if (!tensor.name.starts_with(prefix)) continue;
    found.push_back({tensor.name.substr(prefix.size()), tensor.tensor});
  }
  return found;
}

void Append(optim::NamedTensors& to, const optim::NamedTensors& from) {
  to.insert(to.end(), from.begin(), from.end());
}

// [branches, B] for a micro-batch; undefined without drop path.
at::Tensor BranchScales(const model::Config& config, const Options& options,
                        int64_t step, int64_t first, int64_t count) {
  if (options.drop_path == 0) return {};
  const auto scales = model::DropPathScales(config, options.drop_path,
                                            options.seed, step, first, count);
  return at::tensor(scales).view({-1, count});
}

std::optional<Distiller> DistillerOf(const model::Config& config,
                                     const Options& options,
                                     int64_t teacher_width,
                                     const c10::Device& device) {
  if (options.distill.method == Distillation::kNone) return std::nullopt;
  return Distiller(options.distill, model::NumFeatures(config), teacher_width,
                   options.seed, device, options.loss);
}

// Of the optimizer's state: "adamw.".
std::string StatePrefix(const Options& options) {
  return fmt::format("{}.", optim::Optimizers().NameOf(options.optimizer.name));
}

void AddTo(at::Tensor& sum, const at::Tensor& value) {
  sum = sum.defined() ? sum + value.detach() : value.detach();
}

}  // namespace

optim::NamedTensors ParametersOf(const nn::Model& model) {
  optim::NamedTensors parameters;
  for (const auto& parameter : model.module->named_parameters()) {
    parameters.push_back({parameter.key(), parameter.value()});
  }
  return parameters;
}

TrainStep::TrainStep(nn::Model& model, const Options& options,
                     Precision precision, const c10::Device& device,
                     int64_t teacher_width, distributed::ProcessGroup* group)
    : model_(model),
      options_(options),
      precision_(precision),
      device_(device),
      parameters_(ParametersOf(model)),
      distiller_(DistillerOf(model.config, options, teacher_width, device)),
      group_(group),
      share_end_(options.batch_size) {
  ChooseTrained();
  optimizer_ = optim::MakeOptimizer(trained_, options.optimizer, lr_scales_);
  if (options.ema_decay > 0) {
    ema_.emplace(parameters_, options.ema_decay, options.ema_warmup);
  }
  if (options.average_last > 0) average_.emplace(parameters_);
  if (precision == Precision::kFp16) scaler_.emplace(device);
  if (group == nullptr) return;
  const auto share = ShareOf(options, group->rank(), group->size());
  share_end_ = share.first + share.count;
  gradient_sum_ = std::make_unique<GradientSum>(trained_, *group, device);
}

TrainStep::~TrainStep() = default;

void TrainStep::ChooseTrained() {
  std::map<std::string, ParameterRule> rules;
  for (const ParameterRule& rule : ParameterRules(
           model_.config, options_.fine_tune, options_.schedule.lr)) {
    rules.emplace(rule.name, rule);
  }
  for (const optim::NamedTensor& parameter : parameters_) {
    const ParameterRule& rule = rules.at(parameter.name);
    parameter.tensor.requires_grad_(!rule.frozen);
    if (rule.frozen) continue;
    trained_.push_back(parameter);
    lr_scales_.push_back(rule.lr_scale);
    if (rule.backbone) backbone_.push_back(parameter);
  }
  if (distiller_) Append(trained_, distiller_->parameters());
  lr_scales_.resize(trained_.size(), 1);
}

void TrainStep::FreezeBackbone(bool frozen) {
  if (frozen == backbone_frozen_) return;
  backbone_frozen_ = frozen;
  for (const auto& [name, tensor] : backbone_) tensor.requires_grad_(!frozen);
}

at::Tensor TrainStep::Loss(const MicroBatch& batch, const at::Tensor& scales,
                           double weight) {
  nn::Outputs outputs;
  {
    const Autocast autocast(precision_, device_);
    if (distiller_) {
      outputs = model_.forward_outputs(batch.images, scales);
    } else {
      outputs.logits = model_.forward(batch.images, scales);
    }
  }
  if (!distiller_) {
    return TaskLoss(outputs.logits, batch.targets, options_.loss, batch.valid,
                    batch.pos_weight) *
           weight;
  }
  const auto loss =
      distiller_->Loss(outputs, batch.targets, batch.teacher_output,
                       batch.valid, batch.pos_weight);
  AddTo(kd_loss_, loss.kd_loss * weight);
  return loss.loss * weight;
}

void TrainStep::ForwardBackward(const MicroBatch& batch, int64_t step) {
  steps_done_ = step + 1;
  const int64_t count = batch.images.size(0);
  auto scales = BranchScales(model_.config, options_, step, batch.first, count);
  if (scales.defined()) scales = scales.to(device_);
  const double weight =
      static_cast<double>(count) / static_cast<double>(options_.batch_size);
  const auto loss = Loss(batch, scales, weight);
  const bool last = batch.first + count == share_end_;
  if (gradient_sum_ && last) gradient_sum_->Arm();
  (scaler_ ? scaler_->Scale(loss) : loss).backward();
  AddTo(loss_, loss);
}

void TrainStep::SumLosses() {
  std::vector<at::Tensor> losses = {loss_};
  if (kd_loss_.defined()) losses.push_back(kd_loss_);
  const at::Tensor sums = at::stack(losses);
  group_->Sum(sums);
  loss_ = sums[0];
  if (kd_loss_.defined()) kd_loss_ = sums[1];
}

double TrainStep::TakeWaitSeconds() {
  return gradient_sum_ ? gradient_sum_->TakeWaitSeconds() : 0;
}

at::Tensor TrainStep::OptimizerStep(double lr) {
  if (gradient_sum_) {
    // Before the scale of fp16 is removed: an overflow on one rank is one of
    // the sum, so that all skip the step.
    gradient_sum_->Finish();
    SumLosses();
  }
  const bool finite = !scaler_ || scaler_->Unscale(trained_);
  if (options_.clip_grad > 0) {
    norm_ = optim::ClipGradients(trained_, options_.clip_grad);
  }
  if (finite) {
    optimizer_->Step(lr);
    if (ema_) ema_->Update(steps_done_);
  }
  optim::ZeroGradients(trained_);
  last_kd_loss_ = std::exchange(kd_loss_, at::Tensor());
  return std::exchange(loss_, at::Tensor());
}

optim::NamedTensors TrainStep::StateDict() const {
  auto state = AddPrefix("model.", optim::CloneTensors(parameters_));
  if (distiller_) Append(state, optim::CloneTensors(distiller_->parameters()));
  Append(state, AddPrefix(StatePrefix(options_), optimizer_->StateDict()));
  if (ema_) {
    Append(state, AddPrefix("ema.", optim::CloneTensors(ema_->ema_weights())));
  }
  if (average_) {
    Append(state,
           AddPrefix("average.", optim::CloneTensors(average_->weights())));
  }
  if (scaler_) {
    Append(state, AddPrefix("scaler.", optim::CloneTensors(scaler_->State())));
  }
  return state;
}

void TrainStep::LoadStateDict(const optim::NamedTensors& state,
                              std::string_view where) {
  const at::NoGradGuard no_grad;
  optim::CopyTensorsInto(WithPrefix("model.", state), parameters_, where);
  if (distiller_) {
    // The projector's own names start with the prefix.
    optim::CopyTensorsInto(AddPrefix("distill.", WithPrefix("distill.", state)),
                           distiller_->parameters(), where);
  }
  optimizer_->LoadStateDict(WithPrefix(StatePrefix(options_), state), where);
  if (ema_) ema_->LoadStateDict(WithPrefix("ema.", state), where);
  if (average_) {
    average_->LoadStateDict(WithPrefix("average.", state), where);
  }
  if (scaler_) {
    optim::CopyTensorsInto(WithPrefix("scaler.", state), scaler_->State(),
                           where);
  }
}

}  // namespace wsel::train
