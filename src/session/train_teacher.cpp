#include "wsel/session/train_teacher.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "wsel/core/error.h"
#include "wsel/nn/build.h"
#include "wsel/pretrained/checkpoint_request.h"
#include "wsel/pretrained/classes.h"
#include "wsel/pretrained/facts.h"
#include "wsel/pretrained/file_hash.h"
#include "wsel/session/model_options.h"
#include "wsel/train/device.h"

namespace wsel::session {
namespace {

using pretrained::PretrainedCheckpoint;

// Whether the file has all tensors of a known model, and no others.
bool IsKnown(const TrainTeacher& teacher) {
  const PretrainedCheckpoint& file = teacher.checkpoint;
  return teacher.model || (file.model && file.remapped.unexpected.empty() &&
                           MissingKeys(file).empty());
}

bool RunsAsScript(const TrainTeacher& teacher, train::Distillation method) {
  const PretrainedCheckpoint& file = teacher.checkpoint;
  if (file.file->container() != checkpoint::Container::kTorchScript) {
    return false;
  }
  return method != train::Distillation::kFeature || !IsKnown(teacher) ||
         NumClasses(teacher.model ? *teacher.model : file.model->config) == 0;
}

// One per channel, or one for all.
std::optional<image::ChannelValues> Given(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  return values;
}

// What is known of the teacher and of its images. Unknown values are the
// student's, and of an unknown TorchScript module there are only those.
struct Known {
  pretrained::MeanStd mean_std;
  std::optional<pretrained::Facts> facts;
};
Known KnownOf(const TrainTeacher& teacher, const recipe::Recipe& recipe) {
  pretrained::GivenFacts given;
  given.model = teacher.model;
  given.mean = Given(recipe.teacher.mean);
  given.std = Given(recipe.teacher.std);
  given.assumed = recipe.train.normalisation;
  if (teacher.script && !IsKnown(teacher)) {
    return {MeanStdOf(teacher.checkpoint, given), std::nullopt};
  }
  const pretrained::Facts facts = FactsOf(teacher.checkpoint, given);
  return {facts.mean_std, facts};
}

// Of the images that the teacher gets.
HeightWidth ImageSizeOf(const Known& known, const recipe::Recipe& recipe) {
  if (recipe.teacher.img_size != 0) return recipe.teacher.img_size;
  return known.facts ? ImageSize(known.facts->model) : ImageSize(recipe.model);
}

train::TeacherOptions PreprocessFor(const Known& known,
                                    const recipe::Recipe& recipe,
                                    const c10::Device& device) {
  train::TeacherOptions preprocess;
  preprocess.student = recipe.train.normalisation;
  preprocess.teacher = known.mean_std.normalisation();
  preprocess.img_size = ImageSizeOf(known, recipe);
  preprocess.precision =
      train::ResolvePrecision(recipe.teacher.precision, device).precision;
  preprocess.device = device;
  return preprocess;
}

// The teacher of a file that is not run as TorchScript.
train::Teacher BuildTeacher(const TrainTeacher& teacher,
                            const model::Config& config,
                            train::Distillation method,
                            const train::TeacherOptions& preprocess) {
  const PretrainedCheckpoint& file = teacher.checkpoint;
  if (!teacher.model) RequireKnownHeads(file);
  if (file.file->container() == checkpoint::Container::kTorchScript) {
    spdlog::info(
        "{}: the module returns logits; for features it is rebuilt from its "
        "tensors as {}",
        file.file->path().string(), NameOf(config));
  }
  if (teacher.model) RequireNoUnexpectedKeys(file, config);
  LogLoadReport(file, teacher.model.has_value());
  spdlog::info("{}: {}", file.file->path().string(), DescribeForward(config));
  nn::Model model = nn::Build(config);
  nn::Load(model, *file.remapped.tensors);
  return train::ModelTeacher(std::move(model), method, preprocess);
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

// A teacher of RGB images also gets grey ones.
void CheckInChans(const Known& known, const recipe::Recipe& recipe) {
  const int64_t teacher = known.mean_std.in_chans;
  const int64_t student = InChans(recipe.model);
  if (teacher == student || (teacher == 3 && student == 1)) return;
  throw Error(ErrorKind::kMismatch, recipe.teacher.file,
              "takes images of {} channels, and the student's have {}: use a "
              "teacher of RGB images, or one of {} channels",
              teacher, student, student);
}

void CheckScript(const TrainTeacher& teacher, const recipe::Recipe& recipe) {
  const checkpoint::Checkpoint& file = *teacher.checkpoint.file;
  const std::string& path = recipe.teacher.file;
  if (file.container() != checkpoint::Container::kTorchScript) {
    throw Error(ErrorKind::kMismatch, path,
                "is {}, but teacher.script needs a TorchScript module",
                Name(file.container()));
  }
  if (recipe.init.select && !IsKnown(teacher)) {
    throw Error(ErrorKind::kMismatch, path,
                "runs as TorchScript, and its tensors are not those of a known "
                "model, which weight selection needs; leave out init.select");
  }
  if (teacher.model && !recipe.init.select) {
    throw Error(ErrorKind::kConfig, "teacher.model",
                "is not used: {} is a TorchScript module, which is run as it "
                "is; leave it out",
                path);
  }
}

}  // namespace

TrainTeacher OpenTeacher(const recipe::Recipe& recipe) {
  const std::string& path = recipe.teacher.file;
  TrainTeacher teacher;
  if (!recipe.teacher.model.empty()) {
    teacher.model = NamedModel(recipe.teacher.model);
  }
  teacher.checkpoint =
      pretrained::Open(pretrained::CheckpointRequest{path,
                                                     recipe.teacher.copy,
                                                     recipe.teacher.num_heads,
                                                     {.model = teacher.model}});
  const checkpoint::Checkpoint& file = *teacher.checkpoint.file;
  teacher.digest = HashFile(file, "", pretrained::HashScope::kFull);
  if (!recipe.teacher.digest.empty() &&
      recipe.teacher.digest != teacher.digest) {
    throw Error(ErrorKind::kMismatch, path,
                "has SHA-256 {}, but teacher.digest is {}", teacher.digest,
                recipe.teacher.digest);
  }
  teacher.script = recipe.teacher.script ||
                   RunsAsScript(teacher, recipe.train.distill.method);
  if (!teacher.script && !teacher.model) RequireModel(teacher.checkpoint);
  if (teacher.script) CheckScript(teacher, recipe);
  return teacher;
}

nlohmann::ordered_json TeacherImages(const TrainTeacher& teacher,
                                     const recipe::Recipe& recipe) {
  const Known known = KnownOf(teacher, recipe);
  nlohmann::ordered_json json = {{"img_size", ImageSizeOf(known, recipe)}};
  json.update(ToJson(known.mean_std));
  return json;
}

train::Teacher MakeTeacher(const TrainTeacher& teacher,
                           const recipe::Recipe& recipe,
                           const std::vector<std::string>& classes,
                           const c10::Device& device) {
  const auto method = recipe.train.distill.method;
  const Known known = KnownOf(teacher, recipe);
  CheckInChans(known, recipe);
  if (known.facts) LogWarnings(*known.facts, recipe.teacher.file);
  spdlog::info("{}: {}", recipe.teacher.file, Describe(known.mean_std));
  const auto preprocess = PreprocessFor(known, recipe, device);
  const HeightWidth student_size = ImageSize(recipe.model);
  train::Teacher result =
      teacher.script
          ? train::ScriptTeacher(recipe.teacher.file, preprocess, student_size)
          : BuildTeacher(teacher, known.facts->model, method, preprocess);
  if (ComparesClasses(method)) {
    OrderClasses(result, teacher.checkpoint, classes, recipe.class_order,
                 device);
  }
  CheckTeacher(result, method, static_cast<int64_t>(classes.size()),
               student_size, device, InChans(recipe.model));
  spdlog::info("teacher {}: {} {}, images of {} px, mean {}, std {}, {}",
               result.name, result.width,
               method == train::Distillation::kFeature ? "features" : "classes",
               preprocess.img_size,
               pretrained::FactText(preprocess.teacher.mean),
               pretrained::FactText(preprocess.teacher.std),
               train::Precisions().NameOf(preprocess.precision));
  return result;
}

}  // namespace wsel::session
