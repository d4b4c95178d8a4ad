#include "wsel/session/analyzed_models.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "wsel/core/error.h"
#include "wsel/pretrained/checkpoint_request.h"
#include "wsel/pretrained/facts.h"
#include "wsel/session/model_options.h"
#include "wsel/session/student_plan.h"
#include "wsel/train/eval_transform.h"

namespace wsel::session {
namespace {

using pretrained::PretrainedCheckpoint;
using SharedCheckpoint = std::shared_ptr<const PretrainedCheckpoint>;

// A student, or a part of it, in memory, read like a checkpoint.
class InMemoryStudent : public TensorSource {
 public:
  InMemoryStudent(select::Plan plan, const PretrainedCheckpoint* teacher,
                  const select::SvdParts* svd, const std::string& prefix) {
    std::erase_if(plan.entries, [&](const select::Entry& entry) {
      return !entry.student.name.starts_with(prefix);
    });
    for (const select::Entry& entry : plan.entries) {
      specs_.push_back(entry.student);
    }
    student_ = ApplyPlan(plan, teacher, svd);
  }
  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view name) const override {
    for (const TensorView& tensor : student_.tensors) {
      if (tensor.spec.name == name) return tensor;
    }
    throw Error(ErrorKind::kMismatch, name, "is not a tensor of the student");
  }

 private:
  std::vector<TensorSpec> specs_;
  select::Student student_;
};

void RequireSameImages(const AnalysisRequest& request,
                       const model::Config& student,
                       const model::Config& teacher) {
  if (!request.runs_models || InChans(student) == InChans(teacher)) return;
  throw Error(ErrorKind::kMismatch, NameOf(student),
              "takes images of {} channels, and the teacher of {}: models are "
              "compared on the same images",
              InChans(student), InChans(teacher));
}

// A file with what is given about it, a model of it for one.
struct OpenedFile {
  pretrained::CheckpointRequest request;
  SharedCheckpoint checkpoint;
};

OpenedFile OpenFile(const AnalysisRequest& request, const std::string& path,
                    const std::optional<model::Config>& given) {
  OpenedFile opened{{path, request.copy, request.num_heads, {.model = given}},
                    {}};
  opened.checkpoint = std::make_shared<const PretrainedCheckpoint>(
      pretrained::Open(opened.request));
  return opened;
}

AnalyzedModel ModelOf(const OpenedFile& opened, bool runs) {
  const SharedCheckpoint& file = opened.checkpoint;
  const pretrained::GivenFacts& given = opened.request.given;
  const pretrained::Facts facts = FactsOf(*file, given);
  if (runs && !given.model) RequireKnownHeads(*file);
  LogFacts(facts, opened.request.file);
  LogLoadReport(*file, given.model.has_value());
  AnalyzedModel model;
  model.name = std::filesystem::path(opened.request.file).stem().string();
  model.config = facts.model;
  model.weights = {file, file->remapped.tensors.get()};
  model.normalisation = facts.mean_std.normalisation();
  if (runs) model.transform = train::EvalTransformOf(facts);
  return model;
}

void Check(const AnalysisRequest& request) {
  const auto fail = [](std::string_view where, std::string_view message) {
    throw Error(ErrorKind::kUsage, where, message);
  };
  const bool student = !request.student.empty();
  if (request.teacher.empty() && request.checkpoints.empty() && !student) {
    fail("wsel analyze",
         "needs a model: `teacher` FILE, `checkpoint` FILE or `student` MODEL");
  }
  const ModelOptions& sizes = request.sizes;
  if (!student && (sizes.img_size || sizes.patch_size || !sizes.depth.empty() ||
                   !sizes.embed_dim.empty())) {
    fail("student", "is missing: the model that has the given sizes");
  }
  if (!student && !request.methods.empty()) {
    fail("method", "needs `student` MODEL, which it initialises");
  }
  if (request.teacher.empty() && request.teacher_model) {
    fail("teacher_model", "needs `teacher`, the checkpoint that it describes");
  }
  if (request.checkpoints.empty() && request.checkpoint_model) {
    fail("model", "needs `checkpoint`, the one that it describes");
  }
  if (request.seed < 0) fail("seed", "must not be negative");
  for (const std::string& method : request.methods) {
    if (IsRandomMethod(method) || !request.teacher.empty()) continue;
    fail("method", method + " selects from a teacher; `teacher` is missing");
  }
}

AnalyzedModel Student(const AnalysisRequest& request,
                      const model::Config& config, const std::string& method,
                      const SharedCheckpoint& file, const select::SvdParts* svd,
                      const std::string& prefix) {
  StudentRequest student;
  student.student = ConfigStudent{config, /*has_num_classes=*/true};
  student.options.seed = static_cast<uint64_t>(request.seed);
  AnalyzedModel model;
  model.config = config;
  const PretrainedCheckpoint* teacher = nullptr;
  if (IsRandomMethod(method)) {
    student.initializer = model::Initializers().Find(method, "method");
    model.name = fmt::format("random ({})", method);
  } else {
    teacher = file.get();
    student.teacher = request.teacher;
    student.teacher_model = request.teacher_model;
    student.options.method = select::Methods().Find(method, "method");
    model.name = fmt::format("selected ({})", method);
  }
  model.weights = std::make_shared<InMemoryStudent>(
      PlanStudent(student, teacher), teacher, svd, prefix);
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

AnalyzedStudents StudentsOf(const AnalysisRequest& request) {
  Check(request);
  AnalyzedStudents students{std::nullopt, request.methods};
  if (request.student.empty()) return students;
  ModelOptions student = request.sizes;
  student.model = request.student;
  students.config = Resolve(student);
  if (students.methods.empty()) {
    students.methods = {"timm"};
    if (!request.teacher.empty()) students.methods.emplace_back("uniform");
  }
  return students;
}

std::vector<AnalyzedModel> OpenAnalyzedModels(const AnalysisRequest& request,
                                              const select::SvdParts* svd,
                                              const std::string& prefix) {
  const AnalyzedStudents students = StudentsOf(request);
  SharedCheckpoint file;
  std::vector<AnalyzedModel> models;
  const auto add_students = [&](bool random) {
    for (const std::string& method : students.methods) {
      if (IsRandomMethod(method) != random) continue;
      models.push_back(
          Student(request, *students.config, method, file, svd, prefix));
    }
  };
  std::optional<AnalyzedModel> teacher;
  if (!request.teacher.empty()) {
    const auto opened =
        OpenFile(request, request.teacher, request.teacher_model);
    file = opened.checkpoint;
    teacher = ModelOf(opened, request.runs_models);
    teacher->is_teacher = true;
  }
  add_students(/*random=*/true);
  if (teacher) models.push_back(*teacher);
  add_students(/*random=*/false);
  // Students have no mean, std or crop of their own: they get the teacher's.
  for (AnalyzedModel& model : models) {
    if (!teacher) break;
    RequireSameImages(request, model.config, teacher->config);
    model.normalisation = teacher->normalisation;
    model.transform = teacher->transform;
  }
  const size_t first_file = models.size();
  for (const std::string& path : request.checkpoints) {
    models.push_back(ModelOf(OpenFile(request, path, request.checkpoint_model),
                             request.runs_models));
  }
  MakeNamesUnique(models, first_file, request.checkpoints);
  return models;
}

}  // namespace wsel::session
