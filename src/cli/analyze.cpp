#include "analyze.h"

#include <fmt/format.h>

#include "options.h"
#include "wsel/core/error.h"
#include "wsel/model/init.h"
#include "wsel/select/options.h"

namespace wsel::cli {

void AddAnalyzedModels(CLI::App& command, session::AnalysisRequest& models,
                       bool& dry_run) {
  command
      .add_option("--teacher", models.teacher,
                  "Teacher checkpoint, to analyze and to select students from")
      ->type_name("FILE");
  AddCopyChoice(command, models.copy);
  AddNumHeads(command, models.num_heads);
  AddModelName(command, "--teacher-model", models.teacher_model,
               "Model of the teacher if it cannot be detected: a name (see "
               "wsel models) or a JSON file");
  command
      .add_option("--checkpoint", models.checkpoints,
                  "Checkpoint to analyze; may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false);
  AddModelName(command, "--model", models.checkpoint_model,
               "Model of each --checkpoint, if it cannot be detected");
  command
      .add_option("--student", models.student,
                  "Model of students to initialise in memory: a name (see "
                  "wsel models) or a JSON file")
      ->type_name("MODEL");
  // --num-heads is that of the files.
  AddModelSizes(command, models.sizes, "the student", /*num_heads=*/false);
  command
      .add_option(
          "--method", models.methods,
          fmt::format("Initialisations of the student, comma-separated: random "
                      "({}) or selected from the teacher ({})",
                      model::Initializers().Choices(),
                      select::Methods().Choices()))
      ->delimiter(',')
      ->type_name("NAME,...")
      ->default_str("timm and, given a teacher, uniform")
      ->allow_extra_args(false);
  AddDryRun(command, dry_run);
  command.add_option("--seed", models.seed, "Random seed")
      ->type_name("N")
      ->capture_default_str();
}

void AddAnalyzeOutput(CLI::App& command, std::string& output, bool& json,
                      const std::string& help) {
  command.add_option("--output", output, help)->type_name("DIR");
  AddJson(command, json);
}

void AddAnalyze(CLI::App& app, const Invocation& invocation) {
  CLI::App* c = app.add_subcommand(
      "analyze", "Analyze attention, features or weights of models");
  AddAnalyzeAttention(*c, invocation);
  AddAnalyzeFeatures(*c, invocation);
  AddAnalyzeWeights(*c, invocation);
  c->callback([c] {
    if (!c->get_subcommands().empty()) return;
    throw Error(ErrorKind::kUsage, "wsel analyze",
                "needs a subcommand: attention, features or weights");
  });
}

}  // namespace wsel::cli
