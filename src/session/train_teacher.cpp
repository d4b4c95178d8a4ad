#include "wsel/session/train_teacher.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "wsel/core/error.h"
#include "wsel/nn/build.h"
#include "wsel/pretrained/classes.h"
#include "wsel/pretrained/facts.h"
#include "wsel/pretrained/file_hash.h"
#include "wsel/train/device.h"

namespace wsel::session {
namespace {

using pretrained::PretrainedCheckpoint;

// Whether the weights can only be run by the TorchScript code in the file.
bool RunsAsScript(const PretrainedCheckpoint& teacher) {
  return teacher.file->container() == checkpoint::Container::kTorchScript &&
         (!teacher.model || !teacher.remapped.unexpected.empty() ||
          !MissingKeys(teacher).empty());
}

std::optional<std::array<double, 3>> Given(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  return {{values[0], values[1], values[2]}};
}

train::TeacherOptions PreprocessFor(const TrainTeacher& teacher,
                                    const recipe::Recipe& recipe,
                                    const c10::Device& device) {
  // Unknown values are the student's.
  pretrained::GivenFacts given;
  given.mean = Given(recipe.teacher.mean);
  given.std = Given(recipe.teacher.std);
  given.assumed = recipe.train.normalisation;
  train::TeacherOptions preprocess;
  preprocess.student = recipe.train.normalisation;
  preprocess.img_size = recipe.teacher.img_size;
  if (teacher.script) {
    preprocess.teacher = {given.mean.value_or(given.assumed.mean),
                          given.std.value_or(given.assumed.std)};
  } else {
    const pretrained::Facts facts = FactsOf(teacher.checkpoint, given);
    spdlog::info("{}: {}", recipe.teacher.file, Describe(facts.mean_std));
    preprocess.teacher = facts.mean_std.normalisation();
    if (preprocess.img_size == 0) preprocess.img_size = ImageSize(facts.model);
  }
  preprocess.precision =
      train::ResolvePrecision(recipe.teacher.precision, device).precision;
  preprocess.device = device;
  return preprocess;
}

// Orders the teacher's logits as the data set's classes.
void OrderClasses(train::Teacher& teacher, const PretrainedCheckpoint& file,
                  const std::vector<std::string>& classes,
                  pretrained::ClassOrder order, const c10::Device& device) {
  const auto outputs = RequireSameClasses(file, teacher.width, classes, order);
  if (std::ranges::is_sorted(outputs)) return;
  teacher.reordered = true;
  teacher.forward =
      [forward = std::move(teacher.forward),
       index = at::tensor(outputs).to(device)](const at::Tensor& images) {
        return forward(images).index_select(1, index);
      };
}

}  // namespace

TrainTeacher OpenTeacher(const recipe::Recipe& recipe) {
  const std::string& path = recipe.teacher.file;
  TrainTeacher teacher;
  teacher.checkpoint =
      pretrained::Open(path, recipe.teacher.copy, recipe.teacher.num_heads);
  const checkpoint::Checkpoint& file = *teacher.checkpoint.file;
  teacher.digest = HashFile(file, "", pretrained::HashScope::kFull);
  if (!recipe.teacher.digest.empty() &&
      recipe.teacher.digest != teacher.digest) {
    throw Error(ErrorKind::kMismatch, path,
                "has SHA-256 {}, but teacher.digest is {}", teacher.digest,
                recipe.teacher.digest);
  }
  teacher.script = recipe.teacher.script || RunsAsScript(teacher.checkpoint);
  if (!teacher.script) RequireModel(teacher.checkpoint);
  if (teacher.script &&
      file.container() != checkpoint::Container::kTorchScript) {
    throw Error(ErrorKind::kMismatch, path,
                "is {}, but teacher.script needs a TorchScript module",
                Name(file.container()));
  }
  if (teacher.script && recipe.init.select) {
    throw Error(ErrorKind::kMismatch, path,
                "runs as TorchScript, which weight selection does not support; "
                "leave out init.select");
  }
  return teacher;
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
    RequireKnownHeads(teacher.checkpoint);
    LogLoadReport(teacher.checkpoint);
    nn::Model model = nn::Build(teacher.checkpoint.model->config);
    nn::Load(model, *teacher.checkpoint.remapped.tensors);
    result = train::ModelTeacher(std::move(model), method, preprocess);
  }
  if (ComparesClasses(method)) {
    OrderClasses(result, teacher.checkpoint, classes, recipe.class_order,
                 device);
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

}  // namespace wsel::session
