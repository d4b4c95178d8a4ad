#include "man_sections.h"

#include <fmt/format.h>

#include <string>

#include "wsel/model/config_json.h"
#include "wsel/recipe/recipe.h"
#include "wsel/run/file_names.h"
#include "wsel/run/run_folder.h"

namespace wsel::cli {

help::TermSection RecipeKeys() {
  help::TermSection section{
      "Recipe keys",
      "A recipe is a JSON file of sections and keys; --set takes each as "
      "section.key=value.",
      {}};
  for (const recipe::Field& field : recipe::Fields()) {
    std::string meaning = field.about;
    if (!field.choices.empty()) meaning += ": " + field.choices;
    meaning += fmt::format(" (default {}", field.default_value);
    if (!field.flag.empty()) meaning += "; option " + field.flag;
    if (!field.timm.empty()) meaning += "; in timm " + field.timm;
    section.terms.push_back({field.path, meaning + ")"});
  }
  return section;
}

help::TermSection ModelKeys() {
  help::TermSection section{
      "Model keys",
      "The section model of a recipe, and the JSON files of --model and "
      "--student: name or base, a model of wsel models, and the fields that "
      "differ from it; --set takes each as model.key=value.",
      {}};
  for (const model::ConfigKey& key : model::ConfigKeys()) {
    section.terms.push_back({"model." + key.key, key.about});
  }
  return section;
}

namespace {

std::string WeightsName(const std::string& which) {
  return run::WeightsFile("", which).string();
}

help::TermSection Files() {
  return {"Files",
          "Of a run's folder, the --output of wsel train, and of a sweep's.",
          {{run::kConfigFile, "the recipe with all defaults"},
           {run::kMetricsFile, "a JSON object per epoch and every tenth step"},
           {run::kSummaryFile, "timm's summary, a row per epoch"},
           {run::kLogFile, "the log as text"},
           {run::kStateFile, "what --resume continues from"},
           {WeightsName(run::kLast),
            "the weights; with an EMA also " + WeightsName(run::kLastEma)},
           {WeightsName(run::kBest),
            "the best evaluated weights; with an EMA "
            "also " +
                WeightsName(run::kBestEma)},
           {run::kConfusionFile, "the confusion matrix of the best weights"},
           {run::kTestFile,
            "the best weights on test images that did not choose them"},
           {WeightsName(run::kAverage),
            "the mean of the last epochs' weights, with --average-last"},
           {WeightsName(run::EpochWeights(10, /*ema=*/false)),
            "the weights of every N-th epoch, with --checkpoint-interval"},
           {run::kSweepFile, "the sweep, as wsel report reads it"},
           {std::string(run::kRunsFolder) + "/",
            "the folders of the sweep's runs"}}};
}

help::TermSection Examples() {
  return {
      "Examples",
      "",
      {{"wsel inspect teacher.safetensors",
        "What a checkpoint is: its model, images and classes."},
       {"wsel init --teacher teacher.safetensors --student vit_tiny "
        "--num-classes 100 --output student.safetensors",
        "A smaller model by weight selection."},
       {"wsel train --init student.safetensors --dataset folder --data-root "
        "DIR --output run",
        "Train it on a folder of images, by the paper's recipe for long "
        "trainings."},
       {"wsel train --init teacher.safetensors --dataset folder --data-root "
        "DIR --output run",
        "Fine-tune a pretrained model on them instead, by the defaults for "
        "that."},
       {"wsel train --resume --output run", "Continue after an interruption."},
       {"wsel eval --checkpoint run/best.safetensors --dataset folder "
        "--data-root DIR --ece",
        "Evaluate it, with its calibration error."},
       {"wsel report run1 run2 --output report.html", "Compare runs."}}};
}

}  // namespace

std::vector<help::TermSection> ManSections() {
  return {RecipeKeys(), ModelKeys(), Files(), Examples()};
}

}  // namespace wsel::cli
