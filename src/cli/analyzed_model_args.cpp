#include "analyzed_model_args.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "choice_option.h"
#include "dry_run.h"
#include "wsel/core/error.h"
#include "wsel/core/suggest.h"

namespace wsel::cli {
namespace {

bool IsInitializer(const std::string& method) {
  const auto names = model::Initializers().Names();
  return std::ranges::find(names, method) != names.end();
}

std::vector<std::string> MethodsOf(const AnalyzedModelArgs& args) {
  if (args.student.empty() || !args.methods.empty()) return args.methods;
  if (args.teacher.empty()) return {"timm"};
  return {"timm", "uniform"};
}

void Check(const AnalyzedModelArgs& args) {
  const auto fail = [](std::string_view where, std::string_view message) {
    throw Error(ErrorKind::kUsage, where, message);
  };
  const bool student = !args.student.empty();
  if (args.teacher.empty() && args.checkpoints.empty() && !student) {
    fail("wsel analyze",
         "needs a model: --teacher FILE, --checkpoint FILE or --student MODEL");
  }
  if (!student && !args.methods.empty()) {
    fail("--method", "needs --student MODEL, which it initialises");
  }
  if (args.teacher.empty() && args.teacher_model) {
    fail("--teacher-model", "needs --teacher, whose model it gives");
  }
  if (args.seed < 0) fail("--seed", "must not be negative");
  for (const std::string& method : args.methods) {
    if (IsInitializer(method)) continue;
    // Suggests the nearest name of either kind.
    auto known = model::Initializers().Names();
    const auto rules = select::Methods().Names();
    known.insert(known.end(), rules.begin(), rules.end());
    if (std::ranges::find(known, method) == known.end()) {
      fail("--method", Unknown("method", method, known));
    }
    if (args.teacher.empty()) {
      fail("--method",
           fmt::format("{} selects from a teacher; --teacher is missing",
                       method));
    }
  }
}

session::AnalysisRequest RequestOf(const AnalyzedModelArgs& args) {
  Check(args);
  session::AnalysisRequest request;
  request.teacher = args.teacher;
  request.teacher_model = args.teacher_model;
  request.checkpoints = args.checkpoints;
  request.seed = static_cast<uint64_t>(args.seed);
  if (args.student.empty()) return request;
  ModelArgs student;
  student.model = args.student;
  request.student = Resolve(student);
  for (const std::string& method : MethodsOf(args)) {
    if (IsInitializer(method)) {
      request.methods.emplace_back(
          model::Initializers().Find(method, "--method"));
    } else {
      request.methods.emplace_back(select::Methods().Find(method, "--method"));
    }
  }
  return request;
}

}  // namespace

void AddAnalyzedModelOptions(CLI::App& command, AnalyzedModelArgs& args) {
  command.add_option(
      "--teacher", args.teacher,
      "Teacher checkpoint, to analyze and to select students from");
  AddModelName(command, "--teacher-model", args.teacher_model,
               "Model of the teacher if it cannot be detected: a name "
               "(see wsel models) or a JSON file");
  command
      .add_option("--checkpoint", args.checkpoints,
                  "Checkpoint to analyze; may be repeated")
      ->allow_extra_args(false);
  command.add_option(
      "--student", args.student,
      "Model of students to initialise in memory: a name (see wsel "
      "models) or a JSON file");
  command
      .add_option(
          "--method", args.methods,
          fmt::format("Initialisations of the student, comma-separated: "
                      "random ({}) or selected from the teacher ({}); "
                      "default: timm and, given a teacher, uniform",
                      model::Initializers().Choices(),
                      select::Methods().Choices()))
      ->delimiter(',')
      ->allow_extra_args(false);
  command.add_flag("--dry-run", args.dry_run,
                   "Check the options and list missing files; compute nothing");
  command.add_option("--seed", args.seed, "Random seed")->capture_default_str();
}

std::vector<session::AnalyzedModel> OpenAnalyzedModels(
    const AnalyzedModelArgs& args, const std::string& prefix) {
  return session::OpenAnalyzedModels(RequestOf(args), prefix);
}

std::vector<model::Config> DryRunAnalyzedModels(const AnalyzedModelArgs& args) {
  const session::AnalysisRequest request = RequestOf(args);
  std::vector<model::Config> known;
  const auto show = [&](const char* what,
                        const std::optional<model::Config>& config) {
    if (!config) return;
    fmt::print("{:10}  {}\n", what, NameOf(*config));
    known.push_back(*config);
  };
  if (!args.teacher.empty()) {
    const auto found = DryRunModel(args.teacher);
    show("teacher", request.teacher_model ? request.teacher_model : found);
  }
  for (const std::string& path : args.checkpoints) {
    show("checkpoint", DryRunModel(path));
  }
  if (!request.student) return known;
  show("student", request.student);
  fmt::print("{:10}  {}\n", "methods", fmt::join(MethodsOf(args), ", "));
  return known;
}

}  // namespace wsel::cli
