#include "wsel/train/fit.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "loss_reader.h"
#include "run_end.h"
#include "run_writer.h"
#include "seconds_left.h"
#include "step_batches.h"
#include "stop_vote.h"
#include "stopwatch.h"
#include "wsel/core/error.h"
#include "wsel/data/sampler.h"
#include "wsel/run/file_names.h"
#include "wsel/run/run_progress.h"
#include "wsel/train/image_batches.h"
#include "wsel/train/train_step.h"

namespace wsel::train {
namespace {

TrainerState Resume(const RunFolder& folder, TrainStep& step) {
  if (!folder.HasState()) return {};
  const SavedState saved = LoadState(folder.state());
  step.LoadStateDict(saved.tensors, folder.state().string());
  return saved.state;
}

// Has all ranks begin with what the first rank initialised or loaded, whatever
// the rounding of their processors.
TrainerState BeginAsFirst(const TrainerState& state, TrainStep& step,
                          distributed::ProcessGroup& group) {
  const optim::NamedTensors tensors = step.StateDict();
  for (const auto& [name, tensor] : tensors) group.Broadcast(tensor);
  if (!group.IsFirst()) step.LoadStateDict(tensors, "the first rank's state");
  return BytesToState(group.FromFirst(StateToBytes(state)));
}

TrainerState Begin(const TrainJob& job, const RunFolder& folder,
                   TrainStep& step) {
  if (job.group == nullptr) return Resume(folder, step);
  const auto own = job.group->IsFirst() ? Resume(folder, step) : TrainerState{};
  return BeginAsFirst(own, step, *job.group);
}

[[noreturn]] void ThrowDiverged(const std::string& what, int64_t step,
                                const RunFolder& folder) {
  throw Error(ErrorKind::kConfig, folder.root().string(),
              "{} at step {}: begin a run with a lower optimizer.lr, more "
              "train.warmup_epochs or train.clip_grad; {}",
              what, step,
              folder.HasState() ? "the last good state of this one is kept"
                                : "nothing has been saved yet");
}

bool AreFinite(const optim::NamedTensors& tensors) {
  return std::ranges::all_of(tensors, [](const optim::NamedTensor& named) {
    return at::isfinite(named.tensor).all().item<bool>();
  });
}

Evaluation EvaluateOn(const data::Dataset& set, const nn::Model& model,
                      const TrainJob& job, Uploader& uploader,
                      const std::string& title, const OnProgress& on_progress) {
  const Options& options = job.options;
  const int64_t per_step = options.eval_batch * job.ranks();
  const int64_t batches = (set.size() + per_step - 1) / per_step;
  ProgressPoint done{.title = title, .steps = batches};
  data::Loader loader =
      OrderedLoader(job, set, MakeEvalTransform(options.evaluation), uploader);
  return Evaluate([&](const at::Tensor& x) { return model.forward(x); }, loader,
                  uploader,
                  {.img_size = options.transform.img_size,
                   .precision = options.precision,
                   .device = job.device,
                   .group = job.group,
                   .multi_label = set.multi_label()},
                  [&](const data::Batch& batch, const at::Tensor&) {
                    Advance(done, batch.size * job.ranks(), on_progress);
                  });
}

// -1 of images with one label.
double SubsetAccuracyOf(const Evaluation& e) {
  return e.multi_label ? e.multi_label->subset_accuracy : -1;
}

// A model with averaged weights.
nn::Model ModelWith(const model::Config& config,
                    const optim::NamedTensors& weights,
                    const c10::Device& device) {
  const at::NoGradGuard no_grad;
  nn::Model model = nn::Build(config);
  model.module->to(device);
  optim::CopyTensorsInto(weights, ParametersOf(model), "averaged weights");
  return model;
}

// A model with the weights that the first rank has saved at `path`.
nn::Model SavedModel(const model::Config& config,
                     const std::filesystem::path& path, const TrainJob& job) {
  const at::NoGradGuard no_grad;
  nn::Model model = nn::Build(config);
  model.module->to(job.device);
  const optim::NamedTensors parameters = ParametersOf(model);
  if (job.rank() == 0) {
    optim::CopyTensorsInto(ReadTensors(path), parameters, path.string());
  }
  if (job.group != nullptr) {
    for (const auto& parameter : parameters) {
      job.group->Broadcast(parameter.tensor);
    }
  }
  return model;
}

// The training loop, from a state on: what happens in a step, and what is due
// after it. At least one step, evaluation or test is left.
class Trainer {
 public:
  Trainer(nn::Model& model, const TrainJob& job, const RunFolder& folder,
          const TrainCallbacks& callbacks, const optim::LrSchedule& schedule,
          TrainStep& step, const TrainerState& state)
      : model_(model),
        job_(job),
        folder_(folder),
        callbacks_(callbacks),
        schedule_(schedule),
        step_(step),
        state_(state),
        uploader_(job.device, job.options.normalisation),
        batches_(job, NumClasses(model.config), uploader_, state.step,
                 schedule.total_steps(), callbacks.on_progress),
        loss_(job.device),
        stop_vote_(job.group, callbacks.stop_signal) {
    if (job.rank() == 0) {
      writer_.emplace(job, folder, state, LacksEvaluation(state, schedule));
    }
  }

  TrainResult Train() {
    if (IsTrained(state_, job_.options, schedule_)) return EndTraining();
    bool repeats_evaluation = LacksEvaluation(state_, schedule_);
    for (;;) {
      stop_vote_.Start();
      if (!std::exchange(repeats_evaluation, false)) RunStep();
      if (state_.step % schedule_.steps_per_epoch() == 0) EndEpoch();
      const int signal = stop_vote_.Finish();
      const bool finished = IsTrained(state_, job_.options, schedule_);
      const bool ends = finished || signal != 0;
      const bool due = std::exchange(saves_now_, false);
      if (writer_ && (ends || due || writer_->SaveIsDue())) Save();
      if (finished) return EndTraining();
      if (ends) return Result(signal);
    }
  }

 private:
  // When the first rank has saved: a launcher may end the others as soon as one
  // rank has.
  TrainResult Result(int signal) {
    if (writer_) writer_->End(signal);
    const int64_t skipped = OverRanks(batches_.num_corrupt());
    return {
        .state = state_,
        .signal = signal,
        .skipped = skipped,
        .test_skipped = test_skipped_,
        .ended_early = state_.step < schedule_.total_steps() && signal == 0};
  }

  // All of training is saved: looks at the test images, if others chose the
  // best weights, and saves that too.
  TrainResult EndTraining() {
    if (LacksTest(state_, job_)) {
      TestBest();
      if (writer_) Save();
    }
    return Result(0);
  }

  void TestBest() {
    const auto test = [&](const char* which, const std::string& title) {
      const auto model =
          SavedModel(model_.config, folder_.weights(which), job_);
      return EvaluateOn(job_.test, model, job_, uploader_, title,
                        callbacks_.on_progress);
    };
    const Evaluation best = test(run::kBest, "test");
    test_skipped_ = best.skipped;
    state_.test_top1 = best.score();
    state_.test_top5 = best.top5;
    state_.test_loss = best.loss;
    state_.test_balanced_accuracy = best.balanced_accuracy;
    state_.test_macro_f1 = best.macro_f1;
    state_.test_subset_accuracy = SubsetAccuracyOf(best);
    std::optional<Evaluation> ema;
    if (step_.ema() != nullptr) {
      ema = test(run::kBestEma, "test (ema)");
      state_.test_ema_top1 = ema->score();
    }
    std::optional<Evaluation> average;
    if (step_.average() != nullptr) {
      average = test(run::kAverage, "test (average)");
      state_.test_average_top1 = average->score();
    }
    if (writer_) writer_->WriteTest(best, ema, average, state_.best_epoch);
  }

  // The sum over all ranks.
  int64_t OverRanks(int64_t value) const {
    if (job_.group == nullptr) return value;
    const at::Tensor sum = at::full({1}, value, at::kLong);
    job_.group->Sum(sum);
    return sum.item<int64_t>();
  }

  void RunStep() {
    step_.FreezeBackbone(Epoch() < job_.options.fine_tune.freeze_epochs);
    batches_.ForEachMicroBatch(state_.step, [&](const MicroBatch& batch) {
      step_.ForwardBackward(batch, state_.step);
    });
    const auto loss = step_.OptimizerStep(schedule_.At(state_.step));
    loss_.Add(loss, step_.kd_loss());
    ++state_.step;
    if (loss_.IsDue(state_.step)) ReportSteps();
  }

  // Checks and reports the losses of the steps since the last report.
  void ReportSteps() {
    const LossReader::Losses losses = loss_.Read();
    if (losses.steps == 0) return;
    if (!std::isfinite(losses.sum)) {
      ThrowDiverged(fmt::format("the loss is {}", losses.mean()), state_.step,
                    folder_);
    }
    state_.loss_sum += losses.sum;
    throughput_.Add(losses.steps * job_.options.batch_size);
    const StepReport report = {
        .step = state_.step,
        .total_steps = schedule_.total_steps(),
        .steps_per_epoch = schedule_.steps_per_epoch(),
        .loss = losses.mean(),
        .kd_loss = losses.kd_loss,
        .lr = schedule_.At(state_.step - 1),
        .images_per_second = throughput_.ImagesPerSecond(),
        .comm_wait = CommWait(),
        .seconds_left = RunSecondsLeft()};
    if (writer_) writer_->Log(report);
    if (callbacks_.on_step) callbacks_.on_step(report);
  }

  std::optional<double> CommWait() {
    if (job_.group == nullptr) return std::nullopt;
    wait_seconds_ += step_.TakeWaitSeconds();
    return wait_seconds_ / throughput_.EpochSeconds();
  }

  double RunSecondsLeft() const {
    const Options& options = job_.options;
    const double per_image = throughput_.SecondsPerImage();
    const auto evaluated = static_cast<double>(
        job_.evaluated().size() * (step_.ema() == nullptr ? 1 : 2));
    const PartSeconds each = {
        .step = per_image * static_cast<double>(options.batch_size),
        .evaluation = eval_seconds_.value_or(evaluated * per_image / 3),
        .save = save_seconds_};
    // The evaluation after an epoch's last step is still to come.
    const int64_t epochs_done = (state_.step - 1) / schedule_.steps_per_epoch();
    return SecondsLeft(
        each, schedule_.total_steps() - state_.step,
        run::EvaluationsAfter(epochs_done, options.schedule.epochs,
                              options.val_interval),
        options.save_minutes * 60);
  }

  int64_t Epoch() const { return state_.step / schedule_.steps_per_epoch(); }

  void EndEpoch() {
    ReportSteps();
    const Options& options = job_.options;
    EpochReport report;
    report.skipped = CountSkipped();
    report.epoch = Epoch();
    report.epochs = options.schedule.epochs;
    report.step = state_.step;
    report.lr = schedule_.At(state_.step - 1);
    report.train_loss =
        state_.loss_sum / static_cast<double>(schedule_.steps_per_epoch());
    report.seconds = throughput_.EpochSeconds();
    report.images_per_second =
        static_cast<double>(throughput_.EpochImages()) / report.seconds;
    report.comm_wait = CommWait();
    report.teacher_seconds = batches_.TakeTeacherSeconds();
    report.save_seconds = std::exchange(epoch_save_seconds_, 0);
    if (run::IsEvaluated(report.epoch, report.epochs, options.val_interval)) {
      const Stopwatch stopwatch;
      EvaluateEpoch(report);
      report.eval_seconds = eval_seconds_ = stopwatch.Seconds();
    }
    AverageEpoch(report);
    KeepEpoch(report.epoch);
    if (writer_) writer_->Log(report);
    if (callbacks_.on_epoch) callbacks_.on_epoch(report);
    state_.loss_sum = 0;
    wait_seconds_ = 0;
    throughput_.StartEpoch();
  }

  // Evaluates the weights and any EMA weights, and keeps those that are better
  // than all before. Saves the epoch's work if that fails.
  void EvaluateEpoch(EpochReport& report) try {
    const data::Dataset& evaluated = job_.evaluated();
    const Evaluation test = EvaluateOn(evaluated, model_, job_, uploader_,
                                       "evaluation", callbacks_.on_progress);
    report.test = test;
    test_skipped_ = test.skipped;
    state_.last_top1 = test.score();
    state_.last_top5 = test.top5;
    state_.last_loss = test.loss;
    if (test.score() > state_.best_top1) {
      report.best = true;
      state_.best_top1 = test.score();
      state_.best_top5 = test.top5;
      state_.best_epoch = report.epoch;
      state_.best_balanced_accuracy = test.balanced_accuracy;
      state_.best_macro_f1 = test.macro_f1;
      state_.best_subset_accuracy = SubsetAccuracyOf(test);
      if (writer_) {
        writer_->Keep(run::kBest, step_.parameters(), report.epoch);
        writer_->KeepConfusion(test, evaluated.classes);
      }
    }
    const optim::Ema* ema = step_.ema();
    if (ema == nullptr) return;
    report.ema = EvaluateOn(
        evaluated, ModelWith(model_.config, ema->ema_weights(), job_.device),
        job_, uploader_, "evaluation (ema)", callbacks_.on_progress);
    if (report.ema->score() > state_.best_ema_top1) {
      state_.best_ema_top1 = report.ema->score();
      state_.best_ema_epoch = report.epoch;
      if (writer_) {
        writer_->Keep(run::kBestEma, ema->ema_weights(), report.epoch);
      }
    }
  } catch (...) {
    if (writer_) Save(/*lacks_evaluation=*/true);
    throw;
  }

  // Includes the epoch in the average, if it is one of the last, and evaluates
  // that after the last one. Not before the epoch's own evaluation: if that
  // fails, a resumed run repeats it, and must not count the epoch twice.
  void AverageEpoch(EpochReport& report) {
    const Options& options = job_.options;
    const int64_t count = report.epoch - (report.epochs - options.average_last);
    if (options.average_last == 0 || count < 1) return;
    step_.AddToAverage(count);
    if (report.epoch < report.epochs) return;
    const optim::NamedTensors& weights = step_.average()->weights();
    report.average = EvaluateOn(
        job_.evaluated(), ModelWith(model_.config, weights, job_.device), job_,
        uploader_, "evaluation (average)", callbacks_.on_progress);
    if (writer_) writer_->Keep(run::kAverage, weights, report.epoch);
  }

  void KeepEpoch(int64_t epoch) {
    const int64_t interval = job_.options.checkpoint_interval;
    if (!writer_ || interval == 0 || epoch % interval != 0) return;
    writer_->Keep(run::EpochWeights(epoch, /*ema=*/false), step_.parameters(),
                  epoch);
    if (step_.ema() != nullptr) {
      writer_->Keep(run::EpochWeights(epoch, /*ema=*/true),
                    step_.ema()->ema_weights(), epoch);
    }
    saves_now_ = true;  // copies of every epoch would fill the memory
  }

  // The corrupt images of this epoch, as far as this process trained it.
  int64_t CountSkipped() {
    const int64_t before =
        std::exchange(skipped_, OverRanks(batches_.num_corrupt()));
    const int64_t skipped = skipped_ - before;
    if (skipped > 0 && skipped >= throughput_.EpochImages()) {
      throw Error(ErrorKind::kFormat, job_.train.name,
                  "all {} images of the epoch are corrupt: none is left to "
                  "train on; wsel datasets check says what is wrong with each",
                  skipped);
    }
    return skipped;
  }

  void Save(bool lacks_evaluation = false) {
    ReportSteps();
    // The loss was; its update need not be.
    if (!AreFinite(step_.parameters())) {
      ThrowDiverged("the weights are not finite", state_.step, folder_);
    }
    const Stopwatch stopwatch;
    writer_->Save(step_, Epoch(), state_, lacks_evaluation);
    save_seconds_ = stopwatch.Seconds();
    epoch_save_seconds_ += save_seconds_;
    throughput_.LeaveOut(save_seconds_);
  }

  const nn::Model& model_;
  const TrainJob& job_;
  const RunFolder& folder_;
  const TrainCallbacks& callbacks_;
  const optim::LrSchedule& schedule_;
  TrainStep& step_;
  TrainerState state_;
  Uploader uploader_;
  StepBatches batches_;
  LossReader loss_;
  int64_t skipped_ = 0;                 // corrupt images up to the last epoch
  int64_t test_skipped_ = 0;            // in the last evaluation
  std::optional<double> eval_seconds_;  // of the last evaluation
  double save_seconds_ = 0;             // of the last save
  double epoch_save_seconds_ = 0;       // of all since the last epoch
  bool saves_now_ = false;              // at the end of this step
  double wait_seconds_ = 0;             // for other ranks, in this epoch
  StopVote stop_vote_;
  // The last two start their clocks when all else is ready.
  std::optional<RunWriter> writer_;  // of the first rank
  Throughput throughput_;
};

}  // namespace

TrainResult Fit(nn::Model& model, const TrainJob& job, const RunFolder& folder,
                const TrainCallbacks& callbacks) {
  const optim::LrSchedule schedule(
      job.options.schedule,
      data::StepsPerEpoch(job.train.size(), job.options.batch_size,
                          job.options.repeats));
  TrainStep step(model, job.options, job.options.precision, job.device,
                 job.teacher ? job.teacher->width : 0, job.group);
  TrainerState state = Begin(job, folder, step);
  if (!IsTrained(state, job.options, schedule)) {
    ForgetTest(state);
  } else if (!LacksTest(state, job)) {
    return {.state = state, .ended_early = state.step < schedule.total_steps()};
  }
  return Trainer(model, job, folder, callbacks, schedule, step, state).Train();
}

}  // namespace wsel::train
