#include "wsel/train/fit.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <optional>
#include <span>

#include "run_log.h"
#include "teacher_outputs.h"
#include "write_tensors.h"
#include "wsel/augment/mix.h"
#include "wsel/augment/mix_apply.h"
#include "wsel/core/error.h"
#include "wsel/data/sampler.h"
#include "wsel/train/train_step.h"
#include "wsel/train/transforms.h"
#include "wsel/train/upload.h"

namespace wsel::train {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Images that are mixed together.
int64_t MixupGroupSize(const Options& options) {
  return MixingEnabled(options.mix) ? options.mixup_batch : options.micro_batch;
}

// Images per batch of the loader: whole micro-batches and whole mixup groups.
int64_t ChunkSize(const Options& options) {
  return std::max(MixupGroupSize(options), options.micro_batch);
}

data::LoaderOptions LoaderOptionsOf(const TrainJob& job, int64_t batch_size) {
  return {.img_size = job.options.transform.img_size,
          .batch_size = batch_size,
          .workers = job.workers,
          .skip_corrupt = job.skip_corrupt};
}

// Weights of an epoch, not saved yet.
struct Best {
  optim::NamedTensors weights;
  int64_t epoch = 0;
};

// Trains from the beginning, or from a saved state, to the end or a signal.
class Trainer {
 public:
  Trainer(nn::Model& model, const TrainJob& job, const RunFolder& folder,
          const TrainCallbacks& callbacks)
      : model_(model),
        job_(job),
        options_(job.options),
        folder_(folder),
        callbacks_(callbacks),
        schedule_(ScheduleOf(
            job.options,
            data::StepsPerEpoch(job.train.size(), job.options.batch_size))),
        total_steps_(optim::TotalSteps(schedule_)),
        step_(model, job.options, job.options.precision, job.device,
              job.teacher ? job.teacher->width : 0),
        uploader_(job.device, job.options.normalisation) {
    Resume();
    if (state_.step < total_steps_) log_.emplace(folder, state_);
  }

  TrainResult Train() {
    if (state_.step < total_steps_) {
      StartTeacher();
      StartLoader();
    }
    last_save_ = epoch_start_ = Clock::now();
    while (state_.step < total_steps_) {
      RunStep();
      if (state_.step % schedule_.steps_per_epoch == 0) EndEpoch();
      const int signal = callbacks_.stop_signal ? callbacks_.stop_signal() : 0;
      const bool finished = state_.step == total_steps_;
      if (signal != 0 && !finished) {
        Save();
        return {state_, signal, loader_->num_corrupt()};
      }
      if (finished || SecondsSince(last_save_) >= options_.save_minutes * 60) {
        Save();
      }
    }
    return {state_, 0, loader_ ? loader_->num_corrupt() : 0};
  }

 private:
  void Resume() {
    if (!folder_.HasState()) return;
    const SavedState saved = LoadState(folder_.state());
    step_.LoadStateDict(saved.tensors, folder_.state().string());
    state_ = saved.state;
  }

  void StartTeacher() {
    if (!job_.teacher) return;
    teacher_outputs_.emplace(*job_.teacher, job_.device);
    if (!options_.distill.cache) return;
    data::Loader loader(
        job_.train, MakeTrainTransform(options_),
        data::EvalBatches(job_.train.size(), options_.eval_batch),
        LoaderOptionsOf(job_, options_.eval_batch), uploader_.allocate());
    teacher_outputs_->Precompute(loader, uploader_, options_.transform.img_size,
                                 job_.train.size(), job_.teacher_cache);
  }

  void StartLoader() {
    const auto batches = data::TrainBatches({.size = job_.train.size(),
                                             .batch_size = options_.batch_size,
                                             .chunk = ChunkSize(options_),
                                             .seed = options_.seed,
                                             .first_step = state_.step,
                                             .total_steps = total_steps_});
    loader_.emplace(job_.train, MakeTrainTransform(options_), batches,
                    LoaderOptionsOf(job_, ChunkSize(options_)),
                    uploader_.allocate());
  }

  void RunStep() {
    const int64_t step = state_.step;
    for (int64_t first = 0; first < options_.batch_size;
         first += ChunkSize(options_)) {
      const data::Batch& batch = *loader_->Next();
      DeviceBatch chunk = uploader_.Upload(batch, options_.transform.img_size);
      const auto targets = MixChunk(chunk, batch, step, first);
      for (int64_t at = 0; at < batch.size; at += options_.micro_batch) {
        MicroBatch micro_batch{chunk.images.narrow(0, at, options_.micro_batch),
                               targets.narrow(0, at, options_.micro_batch),
                               first + at};
        if (teacher_outputs_) {
          micro_batch.teacher_output = teacher_outputs_->Get(
              micro_batch.images,
              std::span(batch.indices)
                  .subspan(static_cast<size_t>(at),
                           static_cast<size_t>(options_.micro_batch)));
        }
        step_.ForwardBackward(micro_batch, step);
      }
    }
    const double lr = optim::LearningRate(schedule_, step);
    const auto loss = step_.OptimizerStep(lr).to(at::kDouble);
    unread_loss_ = unread_loss_.defined() ? unread_loss_ + loss : loss;
    ++state_.step;
    ++unread_steps_;
    if (job_.device.is_cpu() || unread_steps_ == kReadInterval) ReadLoss(lr);
  }

  // Mixes the images of each mixup group in place and returns all soft targets,
  // [chunk, classes]. Those of a skipped image are zero: it has no task loss.
  at::Tensor MixChunk(DeviceBatch& chunk, const data::Batch& batch,
                      int64_t step, int64_t first) {
    const int64_t group = MixupGroupSize(options_);
    std::vector<at::Tensor> targets;
    for (int64_t at = 0; at < batch.size; at += group) {
      double lambda = 1;
      if (MixingEnabled(options_.mix)) {
        const auto draw =
            augment::DrawMix(options_.mix, options_.transform.img_size,
                             options_.seed, step, (first + at) / group);
        augment::Mix(chunk.images.narrow(0, at, group), draw);
        lambda = draw.lambda;
      }
      targets.push_back(augment::MixTargets(chunk.labels.narrow(0, at, group),
                                            NumClasses(model_.config),
                                            options_.mix.smoothing, lambda));
    }
    auto all = at::cat(targets);
    for (size_t i = 0; i < batch.valid.size(); ++i) {
      if (!batch.valid[i]) all[static_cast<int64_t>(i)].zero_();
    }
    return all;
  }

  // Waits for the device, checks that the loss is finite, and reports it.
  void ReadLoss(double lr) {
    if (unread_steps_ == 0) return;
    const double sum = unread_loss_.item<double>();
    const double loss = sum / static_cast<double>(unread_steps_);
    if (!std::isfinite(loss)) ThrowDiverged(loss);
    state_.loss_sum += sum;
    images_ += unread_steps_ * options_.batch_size;
    unread_loss_ = at::Tensor();
    unread_steps_ = 0;
    StepReport report;
    report.step = state_.step;
    report.total_steps = total_steps_;
    report.steps_per_epoch = schedule_.steps_per_epoch;
    report.loss = loss;
    if (teacher_outputs_) report.kd_loss = step_.kd_loss().item<double>();
    report.lr = lr;
    report.images_per_second = Rate();
    log_->Step(report);
    if (callbacks_.on_step) callbacks_.on_step(report);
  }

  [[noreturn]] void ThrowDiverged(double loss) {
    throw Error(
        ErrorKind::kConfig, folder_.root().string(),
        fmt::format("the loss is {} at step {}: lower optimizer.lr, raise "
                    "train.warmup_epochs, or set train.clip_grad; {}",
                    loss, state_.step,
                    folder_.HasState() ? "the last good state is kept"
                                       : "nothing has been saved yet"));
  }

  // Images per second over the last second or so.
  double Rate() {
    const double seconds = SecondsSince(rate_start_);
    if (rate_ == 0 || seconds >= 1) {
      rate_ = static_cast<double>(images_ - rate_images_) / seconds;
      rate_start_ = Clock::now();
      rate_images_ = images_;
    }
    return rate_;
  }

  void EndEpoch() {
    const double lr = optim::LearningRate(schedule_, state_.step - 1);
    ReadLoss(lr);
    EpochReport report;
    report.epoch = state_.step / schedule_.steps_per_epoch;
    report.epochs = options_.epochs;
    report.step = state_.step;
    report.lr = lr;
    report.train_loss =
        state_.loss_sum / static_cast<double>(schedule_.steps_per_epoch);
    report.seconds = SecondsSince(epoch_start_);
    report.images_per_second =
        static_cast<double>(images_ - epoch_images_) / report.seconds;
    if (teacher_outputs_) {
      report.teacher_seconds = teacher_outputs_->TakeElapsedSeconds();
    }
    if (report.epoch % options_.val_interval == 0 ||
        report.epoch == options_.epochs) {
      EvaluateAll(report);
    }
    log_->Epoch(report);
    if (callbacks_.on_epoch) callbacks_.on_epoch(report);
    state_.loss_sum = 0;
    epoch_start_ = rate_start_ = Clock::now();
    epoch_images_ = rate_images_ = images_;
  }

  Evaluation EvaluateOnTest(const nn::Model& model) {
    data::Loader loader(
        job_.test, MakeEvalTransform(options_.evaluation),
        data::EvalBatches(job_.test.size(), options_.eval_batch),
        LoaderOptionsOf(job_, options_.eval_batch), uploader_.allocate());
    return Evaluate(
        [&](const at::Tensor& x) { return model.forward(x); }, loader,
        uploader_,
        {options_.transform.img_size, options_.precision, job_.device});
  }

  void EvaluateAll(EpochReport& report) {
    report.evaluated = true;
    report.test = EvaluateOnTest(model_);
    state_.last_top1 = report.test.top1;
    state_.last_top5 = report.test.top5;
    state_.last_loss = report.test.loss;
    if (report.test.top1 > state_.best_top1) {
      report.best = true;
      state_.best_top1 = report.test.top1;
      state_.best_top5 = report.test.top5;
      state_.best_epoch = report.epoch;
      best_ = {optim::CloneTensors(ParametersOf(model_)), report.epoch};
    }
    if (step_.ema() == nullptr) return;
    report.has_ema = true;
    report.ema = EvaluateOnTest(EmaModel());
    if (report.ema.top1 > state_.best_ema_top1) {
      state_.best_ema_top1 = report.ema.top1;
      best_ema_ = {optim::CloneTensors(step_.ema()->ema_weights()),
                   report.epoch};
    }
  }

  nn::Model EmaModel() {
    const at::NoGradGuard no_grad;
    nn::Model ema = nn::Build(model_.config);
    ema.module->to(job_.device);
    optim::CopyTensorsInto(step_.ema()->ema_weights(), ParametersOf(ema),
                           "ema");
    return ema;
  }

  void SaveWeights(std::string_view which, const Best& weights) {
    auto metadata = job_.metadata;
    metadata["wsel.epoch"] = std::to_string(weights.epoch);
    WriteTensors(folder_.weights(which), weights.weights, metadata);
  }

  // Weights first, so that a saved state always has its weights.
  void Save() {
    const int64_t epoch = state_.step / schedule_.steps_per_epoch;
    ReadLoss(optim::LearningRate(schedule_, state_.step - 1));
    if (best_) SaveWeights("best", *best_);
    if (best_ema_) SaveWeights("best-ema", *best_ema_);
    best_.reset();
    best_ema_.reset();
    SaveWeights("last", {optim::CloneTensors(ParametersOf(model_)), epoch});
    if (step_.ema() != nullptr) {
      SaveWeights("last-ema",
                  {optim::CloneTensors(step_.ema()->ema_weights()), epoch});
    }
    state_.seconds += SecondsSince(last_save_);
    last_save_ = Clock::now();
    log_->RecordLogLengths(state_);
    SaveState(folder_.state(), state_, step_.StateDict());
  }

  // Reading the loss after each step would stall a GPU.
  static constexpr int64_t kReadInterval = 20;

  nn::Model& model_;
  const TrainJob& job_;
  const Options& options_;
  const RunFolder& folder_;
  const TrainCallbacks& callbacks_;
  optim::ScheduleOptions schedule_;
  int64_t total_steps_;
  TrainStep step_;
  Uploader uploader_;
  TrainerState state_;
  std::optional<RunLog> log_;
  std::optional<TeacherOutputs> teacher_outputs_;
  std::optional<data::Loader> loader_;
  at::Tensor unread_loss_;  // sum over the steps since the last read
  int64_t unread_steps_ = 0;
  std::optional<Best> best_;
  std::optional<Best> best_ema_;
  int64_t images_ = 0;
  int64_t epoch_images_ = 0;
  int64_t rate_images_ = 0;
  double rate_ = 0;
  Clock::time_point epoch_start_ = Clock::now();
  Clock::time_point rate_start_ = Clock::now();
  Clock::time_point last_save_ = Clock::now();
};

}  // namespace

TrainResult Fit(nn::Model& model, const TrainJob& job, const RunFolder& folder,
                const TrainCallbacks& callbacks) {
  return Trainer(model, job, folder, callbacks).Train();
}

}  // namespace wsel::train
