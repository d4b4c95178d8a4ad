#include "train_teacher.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "provenance.h"
#include "wsel/core/error.h"
#include "wsel/select/apply.h"
#include "wsel/select/importance_scores.h"
#include "wsel/select/report.h"
#include "wsel/train/precision.h"

namespace wsel::cli {
namespace {

// Whether the weights can only be run by the TorchScript code in the file.
bool RunsAsScript(const PretrainedCheckpoint& pretrained) {
  return pretrained.file->container() == checkpoint::Container::kTorchScript &&
         (!pretrained.model || !pretrained.remapped.unexpected.empty() ||
          !MissingKeys(pretrained).empty());
}

// The recipe's value, else the checkpoint's, else the student's.
std::array<double, 3> ResolveRgbTriple(
    const std::vector<double>& configured,
    const std::optional<std::string>& pretrained,
    const std::array<double, 3>& student, const std::string& where) {
  if (!configured.empty()) {
    return {configured[0], configured[1], configured[2]};
  }
  return pretrained ? ParseRgbTriple(*pretrained, where) : student;
}

train::TeacherOptions PreprocessFor(const TrainTeacher& teacher,
                                    const recipe::Recipe& recipe,
                                    const c10::Device& device) {
  const std::string path = recipe.teacher.file;
  const auto& student = recipe.train.normalisation;
  const auto pretrained = [&](const char* key) {
    return teacher.script ? std::nullopt
                          : PretrainedMeanOrStd(teacher.pretrained, key);
  };
  train::TeacherOptions preprocess;
  preprocess.student = student;
  preprocess.teacher.mean =
      ResolveRgbTriple(recipe.teacher.mean, pretrained(kMeanKey), student.mean,
                       path + ": " + kMeanKey);
  preprocess.teacher.std =
      ResolveRgbTriple(recipe.teacher.std, pretrained(kStdKey), student.std,
                       path + ": " + kStdKey);
  preprocess.img_size = recipe.teacher.img_size;
  if (preprocess.img_size == 0 && !teacher.script) {
    preprocess.img_size = ImageSize(teacher.pretrained.model->config);
  }
  preprocess.precision =
      train::ResolvePrecision(recipe.teacher.precision, device).precision;
  preprocess.device = device;
  return preprocess;
}

// Warns if the teacher's class names are known and differ from the data set's:
// logits are matched by index.
void CompareClasses(const PretrainedCheckpoint& pretrained,
                    const std::vector<std::string>& classes) {
  const auto& metadata = pretrained.file->metadata();
  const auto found = metadata.find(kClassesKey);
  if (found == metadata.end()) return;
  const std::string now = nlohmann::json(classes).dump();
  if (found->second == now) return;
  spdlog::warn(
      "{}: the teacher's classes are {}, the data set's {}; distillation "
      "matches them by index",
      pretrained.file->path().string(), found->second, now);
}

}  // namespace

TrainTeacher OpenTeacher(const recipe::Recipe& recipe) {
  const std::string& path = recipe.teacher.file;
  TrainTeacher teacher;
  teacher.pretrained = OpenPretrained(path);
  const checkpoint::Checkpoint& file = *teacher.pretrained.file;
  teacher.digest = HashTeacher(file, "", HashScope::kFull);
  if (!recipe.teacher.digest.empty() &&
      recipe.teacher.digest != teacher.digest) {
    throw Error(ErrorKind::kMismatch, path,
                fmt::format("has SHA-256 {}, but teacher.digest is {}",
                            teacher.digest, recipe.teacher.digest));
  }
  teacher.script = recipe.teacher.script || RunsAsScript(teacher.pretrained);
  if (!teacher.script) RequireModel(teacher.pretrained);
  if (teacher.script &&
      file.container() != checkpoint::Container::kTorchScript) {
    throw Error(ErrorKind::kMismatch, path,
                fmt::format("is {}, but teacher.script needs a TorchScript "
                            "module",
                            Name(file.container())));
  }
  if (teacher.script && !recipe.init.select.empty()) {
    throw Error(ErrorKind::kMismatch, path,
                "runs as TorchScript, which weight selection does not support; "
                "leave out init.select");
  }
  return teacher;
}

void InitFromTeacher(nn::Model& model, const TrainTeacher& teacher,
                     const recipe::Recipe& recipe) {
  select::Options options;
  options.method = select::Methods().Find(recipe.init.select, "init.select");
  options.layers = recipe.init.layers;
  options.heads = select::HeadRules().Find(recipe.init.heads, "init.heads");
  options.skip = recipe.init.skip;
  options.seed = recipe.train.seed;
  const TensorSource& tensors = *teacher.pretrained.remapped.tensors;
  const select::Plan plan =
      PlanSelection(teacher.pretrained.model->config, tensors.Specs(),
                    model.config, options, select::ImportanceScoresOf(tensors));
  fmt::print("{}", select::Summary(plan));
  const select::Student student = select::Apply(plan, &tensors);
  const at::NoGradGuard no_grad;
  const auto parameters = model.module->named_parameters();
  for (size_t i = 0; i < plan.entries.size(); ++i) {
    at::Tensor to = parameters[plan.entries[i].student.name];
    to.copy_(student.tensors[i].view_as(to));
  }
}

train::Teacher MakeTeacher(const TrainTeacher& teacher,
                           const recipe::Recipe& recipe,
                           const std::vector<std::string>& classes,
                           const c10::Device& device) {
  const auto method = recipe.train.distill.method;
  const auto preprocess = PreprocessFor(teacher, recipe, device);
  const int64_t student_size = ImageSize(recipe.model);
  train::Teacher result;
  if (teacher.script) {
    result =
        train::ScriptTeacher(recipe.teacher.file, preprocess, student_size);
  } else {
    CompareClasses(teacher.pretrained, classes);
    nn::Model model = nn::Build(teacher.pretrained.model->config);
    nn::Load(model, *teacher.pretrained.remapped.tensors);
    result = train::ModelTeacher(std::move(model), method, preprocess);
  }
  CheckTeacher(result, method, static_cast<int64_t>(classes.size()),
               student_size, device);
  const auto text = [](const std::array<double, 3>& values) {
    return nlohmann::json(values).dump();
  };
  spdlog::info("teacher {}: {} {}, images of {} px, mean {}, std {}, {}",
               result.name, result.width,
               method == train::Distillation::kFeature ? "features" : "classes",
               preprocess.img_size == 0 ? student_size : preprocess.img_size,
               text(preprocess.teacher.mean), text(preprocess.teacher.std),
               train::Precisions().NameOf(preprocess.precision));
  return result;
}

}  // namespace wsel::cli
