#include "wsel/session/init_checkpoint.h"

#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "wsel/model/forward_differences.h"
#include "wsel/pretrained/facts.h"
#include "wsel/pretrained/load_report.h"
#include "wsel/train/init_from_checkpoint.h"

namespace wsel::session {
namespace {

void Compare(const char* name, const pretrained::RgbFact& pretrained,
             const std::array<double, 3>& now, const std::string& path) {
  if (pretrained.source == pretrained::FactSource::kAssumed ||
      pretrained.values == now) {
    return;
  }
  spdlog::warn(
      "{}: the weights were trained with {} {}, but this run uses {}; set "
      "data.{} to match",
      path, name, nlohmann::json(pretrained.values).dump(),
      nlohmann::json(now).dump(), name);
}

}  // namespace

pretrained::PretrainedCheckpoint OpenInitCheckpoint(
    const recipe::Recipe& recipe) {
  const std::string& path = recipe.init.file;
  pretrained::PretrainedCheckpoint checkpoint = pretrained::Open(path);
  const pretrained::Facts facts = FactsOf(checkpoint);
  LogLoadReport(checkpoint);
  train::CheckInitCheckpoint(recipe.model, *checkpoint.remapped.tensors);
  RequireNoUnexpectedKeys(checkpoint, recipe.model);
  const image::Normalisation& now = recipe.train.normalisation;
  Compare("mean", facts.mean_std.mean, now.mean, path);
  Compare("std", facts.mean_std.std, now.std, path);
  for (const auto& clause :
       model::ForwardDifferences(facts.model, recipe.model)) {
    spdlog::warn("{}: the weights were trained with {} as in this run's model",
                 path, clause);
  }
  return checkpoint;
}

}  // namespace wsel::session
