#include "analyzed_models.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "dry_run.h"
#include "pretrained.h"
#include "wsel/core/error.h"
#include "wsel/core/suggest.h"
#include "wsel/select/apply.h"
#include "wsel/select/importance_scores.h"
#include "wsel/select/plan.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::cli {
namespace {

// A student, or a part of it, in memory, read like a checkpoint.
class InMemoryStudent : public TensorSource {
 public:
  InMemoryStudent(select::Plan plan, const TensorSource* teacher,
                  const std::string& prefix) {
    std::erase_if(plan.entries, [&](const select::Entry& entry) {
      return !entry.student.name.starts_with(prefix);
    });
    for (const select::Entry& entry : plan.entries) {
      specs_.push_back(entry.student);
    }
    student_ = select::Apply(plan, teacher);
  }
  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view name) const override {
    for (size_t i = 0; i < specs_.size(); ++i) {
      if (specs_[i].name != name) continue;
      return {specs_[i], ContiguousStrides(specs_[i].shape),
              BytesOf(student_.tensors[i]), nullptr};
    }
    throw Error(ErrorKind::kMismatch, name, "is not a tensor of the student");
  }

 private:
  std::vector<TensorSpec> specs_;
  select::Student student_;
};

bool IsInitializer(const std::string& method) {
  const auto names = model::Initializers().Names();
  return std::ranges::find(names, method) != names.end();
}

std::vector<std::string> MethodsOf(const AnalyzedModelArgs& args) {
  if (args.student.model.empty() || !args.methods.empty()) return args.methods;
  if (args.teacher.empty()) return {"timm"};
  return {"timm", "uniform"};
}

void Check(const AnalyzedModelArgs& args) {
  const auto fail = [](std::string_view where, std::string_view message) {
    throw Error(ErrorKind::kUsage, where, message);
  };
  const bool student = !args.student.model.empty();
  if (args.teacher.empty() && args.checkpoints.empty() && !student) {
    fail("wsel analyze",
         "needs a model: --teacher FILE, --checkpoint FILE or --student MODEL");
  }
  if (!student && !args.methods.empty()) {
    fail("--method", "needs --student MODEL, which it initialises");
  }
  if (args.teacher.empty() && !args.teacher_model.empty()) {
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

AnalyzedModel FromFile(const std::string& path, const std::string& model_name) {
  const auto pretrained =
      std::make_shared<PretrainedCheckpoint>(OpenPretrained(path));
  AnalyzedModel model;
  model.name = std::filesystem::path(path).stem().string();
  model.config = model_name.empty() ? RequireModel(*pretrained).config
                                    : NamedModel(model_name);
  model.weights = {pretrained, pretrained->remapped.tensors.get()};
  model.normalisation = PretrainedMeanStd(*pretrained);
  return model;
}

AnalyzedModel Random(const AnalyzedModelArgs& args, const std::string& method,
                     const std::string& prefix) {
  AnalyzedModel model;
  model.name = fmt::format("random ({})", method);
  model.config = Resolve(args.student);
  const auto plan = select::PlanRandom(
      model.config, model::Initializers().Find(method, "--method"),
      static_cast<uint64_t>(args.seed));
  model.weights = std::make_shared<InMemoryStudent>(plan, nullptr, prefix);
  return model;
}

AnalyzedModel Selected(const AnalyzedModelArgs& args, const std::string& method,
                       const AnalyzedModel& teacher,
                       const std::string& prefix) {
  AnalyzedModel model;
  model.name = fmt::format("selected ({})", method);
  model.config = Resolve(args.student);
  select::Options options;
  options.method = select::Methods().Find(method, "--method");
  options.seed = static_cast<uint64_t>(args.seed);
  const auto plan = select::PlanSelection(
      teacher.config, teacher.weights->Specs(), model.config, options,
      select::ImportanceScoresOf(*teacher.weights));
  model.weights =
      std::make_shared<InMemoryStudent>(plan, teacher.weights.get(), prefix);
  return model;
}

std::string SlugOf(std::string name) {
  for (char& c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') || c == '.' || c == '-';
    if (!plain) c = '_';
  }
  return name;
}

// Files of the same name, such as best.safetensors of several runs, get their
// path as name, or else a number.
void MakeNamesUnique(std::vector<AnalyzedModel>& models, size_t first_file,
                     const std::vector<std::string>& paths) {
  std::multiset<std::string> names;
  for (const AnalyzedModel& model : models) names.insert(model.name);
  std::set<std::string> slugs;
  for (size_t i = 0; i < models.size(); ++i) {
    AnalyzedModel& model = models[i];
    if (i >= first_file && names.count(model.name) > 1) {
      model.name = paths[i - first_file];
    }
    const std::string name = model.name;
    model.slug = SlugOf(name);
    for (int n = 2; !slugs.insert(model.slug).second; ++n) {
      model.name = fmt::format("{} ({})", name, n);
      model.slug = SlugOf(model.name);
    }
  }
}

}  // namespace

void AddAnalyzedModelOptions(CLI::App& command, AnalyzedModelArgs& args) {
  command.add_option(
      "--teacher", args.teacher,
      "Teacher checkpoint, to analyze and to select students from");
  command.add_option("--teacher-model", args.teacher_model,
                     "Model of the teacher if it cannot be detected: a name "
                     "(see wsel models) or a JSON file");
  command
      .add_option("--checkpoint", args.checkpoints,
                  "Checkpoint to analyze; may be repeated")
      ->allow_extra_args(false);
  command.add_option(
      "--student", args.student.model,
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

std::vector<AnalyzedModel> OpenAnalyzedModels(const AnalyzedModelArgs& args,
                                              const std::string& prefix) {
  Check(args);
  std::optional<AnalyzedModel> teacher;
  if (!args.teacher.empty()) {
    teacher = FromFile(args.teacher, args.teacher_model);
    teacher->is_teacher = true;
  }
  const auto methods = MethodsOf(args);
  std::vector<AnalyzedModel> models;
  for (const std::string& method : methods) {
    if (IsInitializer(method)) models.push_back(Random(args, method, prefix));
  }
  if (teacher) models.push_back(*teacher);
  for (const std::string& method : methods) {
    if (IsInitializer(method)) continue;
    models.push_back(Selected(args, method, *teacher, prefix));
  }
  // Students have no mean and std of their own: they get the teacher's.
  for (AnalyzedModel& model : models) {
    if (teacher) model.normalisation = teacher->normalisation;
  }
  const size_t first_file = models.size();
  for (const std::string& path : args.checkpoints) {
    models.push_back(FromFile(path, ""));
  }
  MakeNamesUnique(models, first_file, args.checkpoints);
  return models;
}

std::vector<model::Config> DryRunAnalyzedModels(const AnalyzedModelArgs& args) {
  Check(args);
  std::vector<model::Config> known;
  const auto show = [&](const char* what,
                        const std::optional<model::Config>& config) {
    if (!config) return;
    fmt::print("{:10}  {}\n", what, NameOf(*config));
    known.push_back(*config);
  };
  if (!args.teacher.empty()) {
    const auto found = DryRunModel(args.teacher);
    show("teacher",
         args.teacher_model.empty() ? found : NamedModel(args.teacher_model));
  }
  for (const std::string& path : args.checkpoints) {
    show("checkpoint", DryRunModel(path));
  }
  if (args.student.model.empty()) return known;
  show("student", Resolve(args.student));
  fmt::print("{:10}  {}\n", "methods", fmt::join(MethodsOf(args), ", "));
  return known;
}

}  // namespace wsel::cli
