#include "wsel/cli/train_teacher.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "wsel/cli/provenance.h"
#include "wsel/core/error.h"
#include "wsel/select/apply.h"
#include "wsel/select/report.h"
#include "wsel/select/scores.h"
#include "wsel/train/precision.h"

namespace wsel::cli {
namespace {

// Whether the file's own code is the only thing that can run its weights.
bool RunsAsScript(const Weights& weights) {
  return weights.file->container() == checkpoint::Container::kTorchScript &&
         (!weights.model || !weights.adapted.refused.empty() ||
          !MissingTensors(weights).empty());
}

// What the user says, else the file, else as for the student.
std::array<double, 3> Expected(const std::vector<double>& said,
                               const std::optional<std::string>& filed,
                               const std::array<double, 3>& student,
                               const std::string& where) {
  if (!said.empty()) return {said[0], said[1], said[2]};
  return filed ? ThreeNumbers(*filed, where) : student;
}

train::TeacherView ViewOf(const TrainTeacher& teacher,
                          const recipe::Recipe& recipe,
                          const c10::Device& device) {
  const std::string path = recipe.teacher.file;
  const auto& student = recipe.train.normalisation;
  const auto filed = [&](const char* key) {
    return teacher.script ? std::nullopt : PicturesOf(teacher.weights, key);
  };
  train::TeacherView view;
  view.student = student;
  view.teacher.mean = Expected(recipe.teacher.mean, filed(kMeanKey),
                               student.mean, path + ": " + kMeanKey);
  view.teacher.std = Expected(recipe.teacher.std, filed(kStdKey), student.std,
                              path + ": " + kStdKey);
  view.img_size = recipe.teacher.img_size;
  if (view.img_size == 0 && !teacher.script) {
    view.img_size = ImageSize(teacher.weights.model->config);
  }
  view.precision = train::Choose(recipe.teacher.precision, device).precision;
  view.device = device;
  return view;
}

// Names of classes are compared where both are known; their order is what a
// teacher's answers hang on.
void CompareClasses(const Weights& weights,
                    const std::vector<std::string>& classes) {
  const auto& metadata = weights.file->metadata();
  const auto found = metadata.find(kClassesKey);
  if (found == metadata.end()) return;
  const std::string now = nlohmann::json(classes).dump();
  if (found->second == now) return;
  spdlog::warn(
      "{}: its classes are {}, the data set's {}; distillation takes "
      "them for the same, one by one",
      weights.file->path().string(), found->second, now);
}

}  // namespace

TrainTeacher OpenTeacher(const recipe::Recipe& recipe) {
  const std::string& path = recipe.teacher.file;
  TrainTeacher teacher;
  teacher.weights = OpenWeights(path);
  const checkpoint::Checkpoint& file = *teacher.weights.file;
  teacher.digest = HashTeacher(file, "", HashScope::kFull);
  if (!recipe.teacher.digest.empty() &&
      recipe.teacher.digest != teacher.digest) {
    throw Error(ErrorKind::kMismatch, path,
                fmt::format("is not the file that teacher.digest means: its "
                            "SHA-256 is {}, not {}",
                            teacher.digest, recipe.teacher.digest));
  }
  teacher.script = recipe.teacher.script || RunsAsScript(teacher.weights);
  if (!teacher.script) RequireModel(teacher.weights);
  if (teacher.script &&
      file.container() != checkpoint::Container::kTorchScript) {
    throw Error(ErrorKind::kMismatch, path,
                fmt::format("is {}; teacher.script needs a TorchScript module",
                            Name(file.container())));
  }
  if (teacher.script && !recipe.init.select.empty()) {
    throw Error(ErrorKind::kMismatch, path,
                "is run as TorchScript, from whose weights nothing can be "
                "selected: leave out init.select");
  }
  return teacher;
}

void SelectStart(model::Model& model, const TrainTeacher& teacher,
                 const recipe::Recipe& recipe) {
  select::Options options;
  options.method = select::Methods().Find(recipe.init.select, "init.select");
  options.layers = recipe.init.layers;
  options.heads = select::HeadRules().Find(recipe.init.heads, "init.heads");
  options.skip = recipe.init.skip;
  options.seed = recipe.train.seed;
  const TensorSource& tensors = *teacher.weights.adapted.tensors;
  const select::Plan plan =
      PlanSelection(teacher.weights.model->config, tensors.Specs(),
                    model.config, options, select::EvidenceOf(tensors));
  fmt::print("{}", select::Summary(plan));
  const select::Student student = select::Apply(plan, &tensors);
  const at::NoGradGuard no_grad;
  const auto parameters = model.module->named_parameters();
  for (size_t i = 0; i < plan.entries.size(); ++i) {
    at::Tensor to = parameters[plan.entries[i].student.name];
    to.copy_(student.tensors[i].view_as(to));
  }
}

train::Teacher AnsweringTeacher(const TrainTeacher& teacher,
                                const recipe::Recipe& recipe,
                                const std::vector<std::string>& classes,
                                const c10::Device& device) {
  const auto method = recipe.train.distill.method;
  const auto view = ViewOf(teacher, recipe, device);
  const int64_t student_size = ImageSize(recipe.model);
  train::Teacher answering;
  if (teacher.script) {
    answering = train::ScriptTeacher(recipe.teacher.file, view, student_size);
  } else {
    CompareClasses(teacher.weights, classes);
    model::Model model = model::Build(teacher.weights.model->config);
    model::Load(model, *teacher.weights.adapted.tensors);
    answering = train::ModelTeacher(std::move(model), method, view);
  }
  CheckTeacher(answering, method, static_cast<int64_t>(classes.size()),
               student_size, device);
  const auto numbers = [](const std::array<double, 3>& values) {
    return nlohmann::json(values).dump();
  };
  spdlog::info("teacher {}: {} {}, pictures of {} px, mean {}, std {}, {}",
               answering.name, answering.width,
               method == train::Distillation::kFeature ? "features" : "classes",
               view.img_size == 0 ? student_size : view.img_size,
               numbers(view.teacher.mean), numbers(view.teacher.std),
               train::Precisions().NameOf(view.precision));
  return answering;
}

}  // namespace wsel::cli
