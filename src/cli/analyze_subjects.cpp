#include "wsel/cli/analyze_subjects.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "wsel/cli/dry_run.h"
#include "wsel/cli/weights.h"
#include "wsel/core/error.h"
#include "wsel/core/suggest.h"
#include "wsel/select/apply.h"
#include "wsel/select/plan.h"
#include "wsel/select/scores.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::cli {
namespace {

// A student, or a part of one, that lies in memory, as a checkpoint is seen.
class MadeStudent : public TensorSource {
 public:
  MadeStudent(select::Plan plan, const TensorSource* teacher,
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
    throw Error(ErrorKind::kMismatch, name, "is no tensor of the student");
  }

 private:
  std::vector<TensorSpec> specs_;
  select::Student student_;
};

bool IsInitializer(const std::string& method) {
  const auto names = model::Initializers().Names();
  return std::ranges::find(names, method) != names.end();
}

std::vector<std::string> MethodsOf(const SubjectArgs& args) {
  if (args.student.model.empty() || !args.methods.empty()) return args.methods;
  if (args.teacher.empty()) return {"timm"};
  return {"timm", "uniform"};
}

void Check(const SubjectArgs& args) {
  const auto refuse = [](std::string_view where, std::string_view message) {
    throw Error(ErrorKind::kUsage, where, message);
  };
  const bool student = !args.student.model.empty();
  if (args.teacher.empty() && args.checkpoints.empty() && !student) {
    refuse("wsel analyze",
           "needs something to look at: --teacher FILE, --checkpoint FILE or "
           "--student MODEL");
  }
  if (!student && !args.methods.empty()) {
    refuse("--method", "makes students, and needs --student MODEL");
  }
  if (args.teacher.empty() && !args.teacher_model.empty()) {
    refuse("--teacher-model", "says what --teacher is, which is missing");
  }
  if (args.seed < 0) refuse("--seed", "is negative");
  for (const std::string& method : args.methods) {
    if (IsInitializer(method)) continue;
    // Of all names the nearest is meant, whichever kind it is of.
    auto known = model::Initializers().Names();
    const auto rules = select::Methods().Names();
    known.insert(known.end(), rules.begin(), rules.end());
    if (std::ranges::find(known, method) == known.end()) {
      refuse("--method", Unknown("method", method, known));
    }
    if (args.teacher.empty()) {
      refuse("--method",
             fmt::format("{} selects from a teacher: --teacher is missing",
                         method));
    }
  }
}

Subject FromFile(const std::string& path, const std::string& model) {
  const auto weights = std::make_shared<Weights>(OpenWeights(path));
  Subject subject;
  subject.name = std::filesystem::path(path).stem().string();
  subject.config =
      model.empty() ? RequireModel(*weights).config : NamedModel(model);
  subject.weights = {weights, weights->adapted.tensors.get()};
  subject.normalisation = NormalisationOf(*weights);
  return subject;
}

Subject Random(const SubjectArgs& args, const std::string& method,
               const std::string& prefix) {
  Subject subject;
  subject.name = fmt::format("random ({})", method);
  subject.config = Resolve(args.student);
  const auto plan = select::PlanRandom(
      subject.config, model::Initializers().Find(method, "--method"),
      static_cast<uint64_t>(args.seed));
  subject.weights = std::make_shared<MadeStudent>(plan, nullptr, prefix);
  return subject;
}

Subject Selected(const SubjectArgs& args, const std::string& method,
                 const Subject& teacher, const std::string& prefix) {
  Subject subject;
  subject.name = fmt::format("selected ({})", method);
  subject.config = Resolve(args.student);
  select::Options options;
  options.method = select::Methods().Find(method, "--method");
  options.seed = static_cast<uint64_t>(args.seed);
  const auto plan = select::PlanSelection(
      teacher.config, teacher.weights->Specs(), subject.config, options,
      select::EvidenceOf(*teacher.weights));
  subject.weights =
      std::make_shared<MadeStudent>(plan, teacher.weights.get(), prefix);
  return subject;
}

std::string SlugOf(std::string name) {
  for (char& c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') || c == '.' || c == '-';
    if (!plain) c = '_';
  }
  return name;
}

// Files of one name, as best.safetensors of several runs, are told apart by
// their folders, or in the end by a number.
void TellApart(std::vector<Subject>& subjects, size_t first_file,
               const std::vector<std::string>& paths) {
  std::multiset<std::string> names;
  for (const Subject& subject : subjects) names.insert(subject.name);
  std::set<std::string> slugs;
  for (size_t i = 0; i < subjects.size(); ++i) {
    Subject& subject = subjects[i];
    if (i >= first_file && names.count(subject.name) > 1) {
      subject.name = paths[i - first_file];
    }
    const std::string name = subject.name;
    subject.slug = SlugOf(name);
    for (int n = 2; !slugs.insert(subject.slug).second; ++n) {
      subject.name = fmt::format("{} ({})", name, n);
      subject.slug = SlugOf(subject.name);
    }
  }
}

}  // namespace

void AddSubjectOptions(CLI::App& command, SubjectArgs& args) {
  command.add_option("--teacher", args.teacher,
                     "Teacher checkpoint, to look at and to select from");
  command.add_option("--teacher-model", args.teacher_model,
                     "What the teacher is, where it does not tell: a name or a "
                     "JSON file");
  command
      .add_option("--checkpoint", args.checkpoints,
                  "Weights to look at; may be repeated")
      ->allow_extra_args(false);
  command.add_option("--student", args.student.model,
                     "A student to make in memory: a model's name or a JSON "
                     "file");
  command
      .add_option("--method", args.methods,
                  fmt::format("How students are made, with commas between: at "
                              "random ({}), or selected from the teacher ({})",
                              model::Initializers().Choices(),
                              select::Methods().Choices()))
      ->delimiter(',')
      ->allow_extra_args(false);
  command.add_flag("--dry-run", args.dry_run,
                   "Check all that can be checked, and list the files that "
                   "are not here");
  command.add_option("--seed", args.seed, "Of all that is drawn")
      ->capture_default_str();
}

std::vector<Subject> OpenSubjects(const SubjectArgs& args,
                                  const std::string& prefix) {
  Check(args);
  std::optional<Subject> teacher;
  if (!args.teacher.empty()) {
    teacher = FromFile(args.teacher, args.teacher_model);
    teacher->is_teacher = true;
  }
  const auto methods = MethodsOf(args);
  std::vector<Subject> subjects;
  for (const std::string& method : methods) {
    if (IsInitializer(method)) subjects.push_back(Random(args, method, prefix));
  }
  if (teacher) subjects.push_back(*teacher);
  for (const std::string& method : methods) {
    if (IsInitializer(method)) continue;
    subjects.push_back(Selected(args, method, *teacher, prefix));
  }
  // What is made here has seen no pictures: it gets those of the teacher.
  for (Subject& subject : subjects) {
    if (teacher) subject.normalisation = teacher->normalisation;
  }
  const size_t first_file = subjects.size();
  for (const std::string& path : args.checkpoints) {
    subjects.push_back(FromFile(path, ""));
  }
  TellApart(subjects, first_file, args.checkpoints);
  return subjects;
}

std::vector<model::Config> DryRunSubjects(const SubjectArgs& args) {
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
  fmt::print("{:10}  {}\n", "made by", fmt::join(MethodsOf(args), ", "));
  return known;
}

}  // namespace wsel::cli
