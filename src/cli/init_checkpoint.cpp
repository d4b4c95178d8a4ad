#include "init_checkpoint.h"

#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "load_report.h"
#include "wsel/model/forward_differences.h"
#include "wsel/train/init_from_checkpoint.h"

namespace wsel::cli {
namespace {

void CompareMeanStd(const recipe::Recipe& recipe,
                    const PretrainedCheckpoint& checkpoint) {
  for (const auto& [key, values] :
       {std::pair(kMeanKey, recipe.train.normalisation.mean),
        std::pair(kStdKey, recipe.train.normalisation.std)}) {
    const auto pretrained = PretrainedMeanOrStd(checkpoint, key);
    const std::string now = nlohmann::json(values).dump();
    if (!pretrained || *pretrained == now) continue;
    const char* name = key == kMeanKey ? "mean" : "std";
    spdlog::warn(
        "{}: the weights were trained with {} {}, but this run uses {}; set "
        "data.{} to match",
        recipe.init.file, name, *pretrained, now, name);
  }
}

}  // namespace

PretrainedCheckpoint OpenInitCheckpoint(const recipe::Recipe& recipe) {
  PretrainedCheckpoint checkpoint = OpenPretrained(recipe.init.file);
  const model::Detection& found = RequireModel(checkpoint);
  LogLoadReport(checkpoint);
  train::CheckInitCheckpoint(recipe.model, *checkpoint.remapped.tensors);
  RequireNoUnexpectedKeys(checkpoint, recipe.model);
  CompareMeanStd(recipe, checkpoint);
  for (const auto& clause : ForwardDifferences(found.config, recipe.model)) {
    spdlog::warn("{}: the weights were trained with {} as in this run's model",
                 recipe.init.file, clause);
  }
  return checkpoint;
}

}  // namespace wsel::cli
