#include "analyze.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include "dry_run.h"
#include "options.h"
#include "wsel/core/error.h"
#include "wsel/model/init.h"
#include "wsel/plot/gnuplot.h"
#include "wsel/select/options.h"

namespace wsel::cli {

void AddAnalyzedModels(CLI::App& command, AnalyzeArgs& args) {
  session::AnalysisRequest& models = args.models;
  command.add_option(
      "--teacher", models.teacher,
      "Teacher checkpoint, to analyze and to select students from");
  AddCopyChoice(command, models.copy);
  AddNumHeads(command, models.num_heads);
  AddModelName(command, "--teacher-model", models.teacher_model,
               "Model of the teacher if it cannot be detected: a name (see "
               "wsel models) or a JSON file");
  command
      .add_option("--checkpoint", models.checkpoints,
                  "Checkpoint to analyze; may be repeated")
      ->allow_extra_args(false);
  AddModelName(command, "--model", models.checkpoint_model,
               "Model of each --checkpoint, if it cannot be detected");
  command.add_option("--student", models.student,
                     "Model of students to initialise in memory: a name (see "
                     "wsel models) or a JSON file");
  // --num-heads is that of the files.
  AddModelSizes(command, models.sizes, "the student", /*num_heads=*/false);
  command
      .add_option(
          "--method", models.methods,
          fmt::format("Initialisations of the student, comma-separated: random "
                      "({}) or selected from the teacher ({}); default: timm "
                      "and, given a teacher, uniform",
                      model::Initializers().Choices(),
                      select::Methods().Choices()))
      ->delimiter(',')
      ->allow_extra_args(false);
  AddDryRun(command, args.dry_run);
  command.add_option("--seed", models.seed, "Random seed")
      ->capture_default_str();
}

void AddAnalyzeOutput(CLI::App& command, AnalyzeArgs& args,
                      const std::string& help) {
  command.add_option("--output", args.output, help);
  AddJson(command, args.json);
}

std::vector<model::Config> DryRunModels(
    const session::AnalysisRequest& request) {
  const session::AnalyzedStudents students = StudentsOf(request);
  std::vector<model::Config> known;
  const auto show = [&](const char* what,
                        const std::optional<model::Config>& config) {
    if (!config) return;
    fmt::print("{:10}  {}\n", what, NameOf(*config));
    known.push_back(*config);
  };
  const auto model_of = [&](const std::string& file,
                            const std::optional<model::Config>& given) {
    return DryRunModel({.file = file,
                        .copy = request.copy,
                        .num_heads = request.num_heads,
                        .given = {.model = given}});
  };
  if (!request.teacher.empty()) {
    show("teacher", model_of(request.teacher, request.teacher_model));
  }
  for (const std::string& path : request.checkpoints) {
    show("checkpoint", model_of(path, request.checkpoint_model));
  }
  show("student", students.config);
  if (students.config) {
    fmt::print("{:10}  {}\n", "methods", fmt::join(students.methods, ", "));
  }
  return known;
}

std::filesystem::path MakeFolder(const std::string& path) {
  if (path.empty()) {
    throw Error(ErrorKind::kUsage, "--output",
                "is missing: the folder for tables and plots");
  }
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw Error(ErrorKind::kIo, path, error.message());
  return path;
}

void Draw(const std::filesystem::path& file, const std::string& script) {
  if (plot::DrawPng(file, script)) return;
  spdlog::warn("{}: {}; only the tables were written", file.string(),
               plot::kGnuplotIsMissing);
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
