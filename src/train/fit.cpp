#include "wsel/train/fit.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <optional>
#include <span>

#include "wsel/augment/mix.h"
#include "wsel/augment/mix_apply.h"
#include "wsel/core/error.h"
#include "wsel/data/sampler.h"
#include "wsel/train/lessons.h"
#include "wsel/train/pictures.h"
#include "wsel/train/run_log.h"
#include "wsel/train/step.h"
#include "wsel/train/upload.h"
#include "wsel/train/write_tensors.h"

namespace wsel::train {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Pictures that are mixed together.
int64_t UnitOf(const Options& options) {
  return Mixes(options.mix) ? options.mixup_batch : options.micro_batch;
}

// Pictures that the loader hands over at once: whole micro-batches of whole
// units.
int64_t ChunkOf(const Options& options) {
  return std::max(UnitOf(options), options.micro_batch);
}

data::LoaderOptions LoaderOptionsOf(const Run& run, int64_t batch_size) {
  return {.img_size = run.options.transform.img_size,
          .batch_size = batch_size,
          .workers = run.workers,
          .skip_broken = run.skip_broken};
}

// Weights that are the best so far, and wait to be saved.
struct Best {
  optim::NamedTensors weights;
  int64_t epoch = 0;
};

// One run from start or state to its end or a signal.
class Training {
 public:
  Training(model::Model& model, const Run& run, const RunFolder& folder,
           const Watch& watch)
      : model_(model),
        run_(run),
        options_(run.options),
        folder_(folder),
        watch_(watch),
        schedule_(ScheduleOf(
            run.options,
            data::StepsPerEpoch(run.train.size(), run.options.batch_size))),
        total_steps_(optim::TotalSteps(schedule_)),
        step_(model, run.options, run.options.precision, run.device,
              run.teacher ? run.teacher->width : 0),
        uploader_(run.device, run.options.normalisation) {
    Resume();
    if (progress_.step < total_steps_) log_.emplace(folder, progress_);
  }

  Outcome Go() {
    if (progress_.step < total_steps_) {
      StartTeacher();
      StartLoader();
    }
    last_save_ = epoch_start_ = Clock::now();
    while (progress_.step < total_steps_) {
      RunStep();
      if (progress_.step % schedule_.steps_per_epoch == 0) EndEpoch();
      const int signal = watch_.stop ? watch_.stop() : 0;
      const bool finished = progress_.step == total_steps_;
      if (signal != 0 && !finished) {
        Save();
        return {progress_, signal, loader_->broken()};
      }
      if (finished || SecondsSince(last_save_) >= options_.save_minutes * 60) {
        Save();
      }
    }
    return {progress_, 0, loader_ ? loader_->broken() : 0};
  }

 private:
  void Resume() {
    if (!folder_.HasState()) return;
    const SavedState saved = LoadState(folder_.state());
    step_.ImportState(saved.tensors, folder_.state().string());
    progress_ = saved.progress;
  }

  void StartTeacher() {
    if (!run_.teacher) return;
    lessons_.emplace(*run_.teacher, run_.device);
    if (!options_.distill.cache) return;
    data::Loader loader(
        run_.train, TrainPictures(options_),
        data::EvalBatches(run_.train.size(), options_.eval_batch),
        LoaderOptionsOf(run_, options_.eval_batch), uploader_.allocate());
    lessons_->Remember(loader, uploader_, options_.transform.img_size,
                       run_.train.size(), run_.answers);
  }

  void StartLoader() {
    const auto batches = data::TrainBatches({.size = run_.train.size(),
                                             .batch_size = options_.batch_size,
                                             .chunk = ChunkOf(options_),
                                             .seed = options_.seed,
                                             .first_step = progress_.step,
                                             .total_steps = total_steps_});
    loader_.emplace(run_.train, TrainPictures(options_), batches,
                    LoaderOptionsOf(run_, ChunkOf(options_)),
                    uploader_.allocate());
  }

  void RunStep() {
    const int64_t step = progress_.step;
    for (int64_t first = 0; first < options_.batch_size;
         first += ChunkOf(options_)) {
      const data::Batch& batch = *loader_->Next();
      Uploaded chunk = uploader_.Upload(batch, options_.transform.img_size);
      const auto targets = MixChunk(chunk, batch, step, first);
      for (int64_t at = 0; at < batch.size; at += options_.micro_batch) {
        MicroBatch part{chunk.images.narrow(0, at, options_.micro_batch),
                        targets.narrow(0, at, options_.micro_batch),
                        first + at};
        if (lessons_) {
          part.taught = lessons_->For(
              part.images,
              std::span(batch.indices)
                  .subspan(static_cast<size_t>(at),
                           static_cast<size_t>(options_.micro_batch)));
        }
        step_.Accumulate(part, step);
      }
    }
    const double lr = optim::LearningRate(schedule_, step);
    const auto loss = step_.Update(lr).to(at::kDouble);
    pending_ = pending_.defined() ? pending_ + loss : loss;
    ++progress_.step;
    ++unread_;
    if (run_.device.is_cpu() || unread_ == kReadEvery) ReadLoss(lr);
  }

  // Mixes the pictures of each unit in place and returns the soft targets of
  // all: [chunk, classes]. A picture that was skipped teaches nothing.
  at::Tensor MixChunk(Uploaded& chunk, const data::Batch& batch, int64_t step,
                      int64_t first) {
    const int64_t unit = UnitOf(options_);
    std::vector<at::Tensor> targets;
    for (int64_t at = 0; at < batch.size; at += unit) {
      double lambda = 1;
      if (Mixes(options_.mix)) {
        const auto draw =
            augment::DrawMix(options_.mix, options_.transform.img_size,
                             options_.seed, step, (first + at) / unit);
        augment::Mix(chunk.images.narrow(0, at, unit), draw);
        lambda = draw.lambda;
      }
      targets.push_back(augment::MixTargets(chunk.labels.narrow(0, at, unit),
                                            NumClasses(model_.config),
                                            options_.mix.smoothing, lambda));
    }
    auto all = at::cat(targets);
    for (size_t i = 0; i < batch.valid.size(); ++i) {
      if (!batch.valid[i]) all[static_cast<int64_t>(i)].zero_();
    }
    return all;
  }

  // Waits for the device, and looks whether the training is still sound.
  void ReadLoss(double lr) {
    if (unread_ == 0) return;
    const double sum = pending_.item<double>();
    const double loss = sum / static_cast<double>(unread_);
    if (!std::isfinite(loss)) ThrowDiverged(loss);
    progress_.loss_sum += sum;
    images_ += unread_ * options_.batch_size;
    pending_ = at::Tensor();
    unread_ = 0;
    StepReport report;
    report.step = progress_.step;
    report.total_steps = total_steps_;
    report.steps_per_epoch = schedule_.steps_per_epoch;
    report.loss = loss;
    if (lessons_) report.taught_loss = step_.taught_loss().item<double>();
    report.lr = lr;
    report.images_per_second = Rate();
    log_->Step(report);
    if (watch_.on_step) watch_.on_step(report);
  }

  [[noreturn]] void ThrowDiverged(double loss) {
    throw Error(
        ErrorKind::kConfig, folder_.root().string(),
        fmt::format("the loss is {} at step {}: lower optimizer.lr, lengthen "
                    "the warm-up, or set train.clip_grad; {}",
                    loss, progress_.step,
                    folder_.HasState() ? "the last good state is kept"
                                       : "nothing was saved before"));
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
    const double lr = optim::LearningRate(schedule_, progress_.step - 1);
    ReadLoss(lr);
    EpochReport report;
    report.epoch = progress_.step / schedule_.steps_per_epoch;
    report.epochs = options_.epochs;
    report.step = progress_.step;
    report.lr = lr;
    report.train_loss =
        progress_.loss_sum / static_cast<double>(schedule_.steps_per_epoch);
    report.seconds = SecondsSince(epoch_start_);
    report.images_per_second =
        static_cast<double>(images_ - epoch_images_) / report.seconds;
    if (lessons_) report.teacher_seconds = lessons_->TakeSeconds();
    if (report.epoch % options_.eval_every == 0 ||
        report.epoch == options_.epochs) {
      EvaluateAll(report);
    }
    log_->Epoch(report);
    if (watch_.on_epoch) watch_.on_epoch(report);
    progress_.loss_sum = 0;
    epoch_start_ = rate_start_ = Clock::now();
    epoch_images_ = rate_images_ = images_;
  }

  Evaluation EvaluateOnTest(const model::Model& model) {
    data::Loader loader(
        run_.test, EvalPictures(options_.evaluation),
        data::EvalBatches(run_.test.size(), options_.eval_batch),
        LoaderOptionsOf(run_, options_.eval_batch), uploader_.allocate());
    return Evaluate(
        model.forward, loader, uploader_,
        {options_.transform.img_size, options_.precision, run_.device});
  }

  void EvaluateAll(EpochReport& report) {
    report.evaluated = true;
    report.test = EvaluateOnTest(model_);
    progress_.last_top1 = report.test.top1;
    progress_.last_top5 = report.test.top5;
    progress_.last_loss = report.test.loss;
    if (report.test.top1 > progress_.best_top1) {
      report.best = true;
      progress_.best_top1 = report.test.top1;
      progress_.best_top5 = report.test.top5;
      progress_.best_epoch = report.epoch;
      best_ = {optim::Snapshot(ParametersOf(model_)), report.epoch};
    }
    if (step_.ema() == nullptr) return;
    report.has_ema = true;
    report.ema = EvaluateOnTest(AveragedModel());
    if (report.ema.top1 > progress_.best_ema_top1) {
      progress_.best_ema_top1 = report.ema.top1;
      best_ema_ = {optim::Snapshot(step_.ema()->averages()), report.epoch};
    }
  }

  model::Model AveragedModel() {
    const at::NoGradGuard no_grad;
    model::Model averaged = model::Build(model_.config);
    averaged.module->to(run_.device);
    optim::Restore(step_.ema()->averages(), ParametersOf(averaged), "ema");
    return averaged;
  }

  void SaveWeights(std::string_view which, const Best& weights) {
    auto metadata = run_.metadata;
    metadata["wsel.epoch"] = std::to_string(weights.epoch);
    WriteTensors(folder_.weights(which), weights.weights, metadata);
  }

  // Weights first: a state that is there always has its weights beside it.
  void Save() {
    const int64_t epoch = progress_.step / schedule_.steps_per_epoch;
    ReadLoss(optim::LearningRate(schedule_, progress_.step - 1));
    if (best_) SaveWeights("best", *best_);
    if (best_ema_) SaveWeights("best-ema", *best_ema_);
    best_.reset();
    best_ema_.reset();
    SaveWeights("last", {optim::Snapshot(ParametersOf(model_)), epoch});
    if (step_.ema() != nullptr) {
      SaveWeights("last-ema",
                  {optim::Snapshot(step_.ema()->averages()), epoch});
    }
    progress_.seconds += SecondsSince(last_save_);
    last_save_ = Clock::now();
    log_->Stamp(progress_);
    SaveState(folder_.state(), progress_, step_.ExportState());
  }

  // On a GPU, to look at the loss after each step would hold it up.
  static constexpr int64_t kReadEvery = 20;

  model::Model& model_;
  const Run& run_;
  const Options& options_;
  const RunFolder& folder_;
  const Watch& watch_;
  optim::ScheduleOptions schedule_;
  int64_t total_steps_;
  Step step_;
  Uploader uploader_;
  Progress progress_;
  std::optional<RunLog> log_;
  std::optional<Lessons> lessons_;
  std::optional<data::Loader> loader_;
  at::Tensor pending_;  // losses that were not read yet, summed
  int64_t unread_ = 0;
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

Outcome Fit(model::Model& model, const Run& run, const RunFolder& folder,
            const Watch& watch) {
  return Training(model, run, folder, watch).Go();
}

}  // namespace wsel::train
