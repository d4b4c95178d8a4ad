#include "resumed_changes.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "wsel/optim/schedule.h"

namespace wsel::session {
namespace {

bool Accept(int64_t& saved, int64_t now, std::string_view path,
            std::string_view meaning) {
  if (saved == now) return false;
  spdlog::info("{} {}, was {}: {}", path, now, saved, meaning);
  saved = now;
  return true;
}

// What more epochs do to the learning rate.
std::string MeaningOfEpochs(const optim::ScheduleOptions& schedule) {
  const std::string_view name = optim::Schedules().NameOf(schedule.name);
  switch (schedule.name) {
    case optim::ScheduleName::kCosine:
    case optim::ScheduleName::kOneCycle:
      return fmt::format(
          "from here on the learning rate is that of a {} over all {} epochs: "
          "it jumps, so the result is not that of a run that had them from the "
          "first step",
          name, schedule.epochs);
    case optim::ScheduleName::kCosineRestarts:
    case optim::ScheduleName::kStep:
    case optim::ScheduleName::kConstant:
      break;
  }
  return fmt::format(
      "the learning rate continues, since {} does not depend on the number of "
      "epochs",
      name);
}

bool AcceptMoreEpochs(train::Options& saved, train::Options& now) {
  // An average that has begun cannot begin again.
  if (now.schedule.epochs < saved.schedule.epochs || saved.average_last > 0) {
    return false;
  }
  // Also where an earlier resume already raised the epochs: a recipe that is
  // given again derives its warmup from them.
  int64_t& warmup = now.schedule.warmup_epochs;
  if (warmup != saved.schedule.warmup_epochs) {
    warmup = saved.schedule.warmup_epochs;
    spdlog::info("train.warmup_epochs stays {}, as the run began", warmup);
  }
  return Accept(saved.schedule.epochs, now.schedule.epochs, "train.epochs",
                MeaningOfEpochs(now.schedule));
}

bool AcceptPath(std::string& saved, const std::string& now,
                std::string_view path) {
  if (saved == now) return false;
  spdlog::info("{} {}, was {}", path, now, saved);
  saved = now;
  return true;
}

// Files may have moved since.
bool AcceptPaths(recipe::Recipe& saved, const recipe::Recipe& now) {
  bool changed = AcceptPath(saved.data.root, now.data.root, "data.root");
  changed =
      AcceptPath(saved.data.labels, now.data.labels, "data.labels") || changed;
  return AcceptPath(saved.teacher.file, now.teacher.file, "teacher.file") ||
         changed;
}

}  // namespace

bool AcceptChanges(recipe::Recipe& saved, recipe::Recipe& now) {
  bool changed = AcceptMoreEpochs(saved.train, now.train);
  changed = AcceptPaths(saved, now) || changed;
  changed =
      Accept(saved.train.micro_batch, now.train.micro_batch,
             "train.micro_batch", "weights differ from here on by rounding") ||
      changed;
  changed = Accept(saved.train.eval_batch, now.train.eval_batch,
                   "evaluation.batch", "losses differ by rounding") ||
            changed;
  return Accept(saved.train.val_interval, now.train.val_interval,
                "train.val_interval",
                "the best weights are those of other epochs, and "
                "train.patience counts other evaluations") ||
         changed;
}

}  // namespace wsel::session
