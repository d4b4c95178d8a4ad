#include <fmt/format.h>

#include <memory>

#include "analyze.h"
#include "options.h"
#include "torch_commands.h"

namespace wsel::cli {

void AddAnalyzeFeatures(CLI::App& analyze, const Invocation& invocation) {
  const auto args = std::make_shared<FeaturesArgs>();
  CLI::App* c = analyze.add_subcommand(
      "features",
      "Features of each block on training images: RMS, effective rank, "
      "similarity to the teacher's blocks (CKA, cosine)");
  AddAnalyzedModels(*c, args->request.models, args->dry_run);
  AddDataset(*c, args->request.data);
  AddSubset(*c, args->request.data)
      ->default_str(
          fmt::format("{}, or all if fewer", session::kAnalyzedImages));
  AddWorkers(*c, args->request.data.workers);
  AddAnalyzeOutput(*c, args->request.output, args->json,
                   "Output folder: depth.csv and .png and, with a teacher, "
                   "similarity.csv and .png");
  invocation.computing.push_back({c, {}});
  c->callback(
      [args, &invocation] { invocation.Torch().analyze_features(*args); });
}

}  // namespace wsel::cli
