#include <memory>

#include "analyze.h"
#include "torch_commands.h"

namespace wsel::cli {

void AddAnalyzeWeights(CLI::App& analyze, const Invocation& invocation) {
  const auto args = std::make_shared<WeightsArgs>();
  CLI::App* c =
      analyze.add_subcommand("weights",
                             "Mean, standard deviation, norm and effective "
                             "rank of every tensor, also plotted over blocks");
  args->request.models.runs_models = false;
  AddAnalyzedModels(*c, args->request.models, args->dry_run);
  AddAnalyzeOutput(*c, args->request.output, args->json,
                   "Output folder: weights.csv and weights.png");
  c->callback(
      [args, &invocation] { invocation.Torch().analyze_weights(*args); });
}

}  // namespace wsel::cli
