#include <memory>

#include "analyze.h"
#include "torch_commands.h"

namespace wsel::cli {

void AddAnalyzeAttention(CLI::App& analyze, const Invocation& invocation) {
  const auto args = std::make_shared<AttentionArgs>();
  CLI::App* c =
      analyze.add_subcommand("attention",
                             "Plot W_q W_k^T and W_v W_proj of one attention "
                             "head of several ViTs (the paper's Figure 5)");
  AddAnalyzedModels(*c, args->request.models, args->dry_run);
  c->add_option("--block", args->request.block, "Block index, from 0")
      ->type_name("N")
      ->capture_default_str();
  c->add_option("--head-index", args->request.head,
                "Attention head of the block, from 0")
      ->type_name("N")
      ->capture_default_str();
  AddAnalyzeOutput(*c, args->request.output, args->json,
                   "Output folder: attention.png and one .npy file per matrix");
  c->callback(
      [args, &invocation] { invocation.Torch().analyze_attention(*args); });
}

}  // namespace wsel::cli
