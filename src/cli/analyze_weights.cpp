#include <memory>

#include "analyze.h"
#include "torch_commands.h"

namespace wsel::cli {

void AddAnalyzeWeights(CLI::App& analyze, const Invocation& invocation) {
  const auto args = std::make_shared<AnalyzeArgs>();
  CLI::App* c =
      analyze.add_subcommand("weights",
                             "Mean, standard deviation, norm and effective "
                             "rank of every tensor, also plotted over blocks");
  args->models.runs_models = false;
  AddAnalyzedModels(*c, *args);
  AddAnalyzeOutput(*c, *args, "Output folder: weights.csv and weights.png");
  c->callback(
      [args, &invocation] { invocation.Torch().analyze_weights(*args); });
}

}  // namespace wsel::cli
