#include "wsel/session/init_model.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <utility>

#include "wsel/model/config.h"
#include "wsel/pretrained/classes.h"
#include "wsel/pretrained/facts.h"
#include "wsel/select/libtorch_svd.h"
#include "wsel/select/other_grid.h"
#include "wsel/session/student_plan.h"
#include "wsel/tensor/torch_bridge.h"
#include "wsel/train/init_from_checkpoint.h"

namespace wsel::session {
namespace {

using pretrained::PretrainedCheckpoint;

// Copies a student's tensors into a model, which may have a pointwise weight as
// a convolution instead of a matrix.
void CopyStudent(const select::Plan& plan, const select::Student& student,
                 nn::Model& model) {
  const at::NoGradGuard no_grad;
  const auto parameters = model.module->named_parameters();
  for (size_t i = 0; i < plan.entries.size(); ++i) {
    const at::Tensor& to = parameters[plan.entries[i].student.name];
    to.copy_(Borrow(student.tensors[i]).view_as(to));
  }
}

// The run's own training images, or those of the data set that it names.
CalibrationRequest CalibrationOf(const recipe::Recipe& recipe) {
  CalibrationRequest calibration{recipe.data, recipe.init.calibration_images};
  if (!recipe.init.calibrate.empty()) {
    calibration.data = {};
    calibration.data.name = recipe.init.calibrate;
    calibration.data.root = recipe.init.calibrate_root.empty()
                                ? recipe.data.root
                                : recipe.init.calibrate_root;
  }
  return calibration;
}

// What init.select requests. The recipe has the data set's number of classes.
StudentRequest RequestOf(const recipe::Recipe& recipe) {
  StudentRequest request;
  request.teacher = recipe.teacher.file;
  if (!recipe.teacher.model.empty()) {
    request.teacher_model = NamedModel(recipe.teacher.model);
  }
  request.student = ConfigStudent{recipe.model, /*has_num_classes=*/true};
  request.options = recipe::SelectionOf(recipe);
  if (request.options.Rule().NeedsImages() ||
      request.options.layers == select::kBestLayers) {
    request.calibration = CalibrationOf(recipe);
  }
  return request;
}

template <typename T>
void Compare(const char* section, const char* name,
             const pretrained::Fact<T>& pretrained, const T& now,
             const std::string& path) {
  if (pretrained.source == pretrained::FactSource::kAssumed ||
      pretrained.value == now) {
    return;
  }
  spdlog::warn(
      "{}: the weights were trained with {} {}, but this run uses {}; set "
      "{}.{} to match",
      path, name, pretrained::FactText(pretrained.value),
      pretrained::FactText(now), section, name);
}

void CompareMeanStd(const pretrained::MeanStd& of_file,
                    const recipe::Recipe& recipe, const std::string& path) {
  const auto known = WithChannels(of_file, InChans(recipe.model));
  const image::Normalisation& now = recipe.train.normalisation;
  Compare("data", "mean", known.mean, now.mean, path);
  Compare("data", "std", known.std, now.std, path);
}

// Where images of the model's size are resized, and cropped.
void CompareCrop(const pretrained::Facts& facts, const recipe::Recipe& recipe,
                 const std::string& path) {
  const HeightWidth size = ImageSize(recipe.model);
  const augment::EvalTransformOptions& now = recipe.train.evaluation;
  const auto resizing = image::EvalResizeOf(now.crop_mode, size);
  if (resizing != image::EvalResizeOf(facts.crop_mode.value, size)) {
    Compare("evaluation", "crop_mode", facts.crop_mode, now.crop_mode, path);
  }
  if (resizing == image::EvalResize::kNone) return;
  Compare("evaluation", "interpolation", facts.interpolation, now.interpolation,
          path);
  if (!HasCrop(resizing)) return;
  Compare("evaluation", "crop_pct", facts.crop_pct, now.crop_pct, path);
}

// Logs what of the teacher is used, and compares it to the run. The order of
// its outputs for these classes, if its classifier is taken.
std::vector<int64_t> CheckTeacher(const recipe::Recipe& recipe,
                                  const PretrainedCheckpoint& teacher,
                                  const StudentRequest& request,
                                  const select::Plan& plan,
                                  const std::vector<std::string>& classes) {
  LogTeacher(plan, teacher, request.teacher_model.has_value());
  CompareMeanStd(MeanStdOf(teacher, {.model = request.teacher_model}), recipe,
                 recipe.teacher.file);
  if (plan.options.head != select::Head::kReuse) return {};
  return RequireSameClasses(teacher, NumClasses(recipe.model), classes,
                            recipe.class_order);
}

select::Plan InitFromTeacher(nn::Model& model, const recipe::Recipe& recipe,
                             const PretrainedCheckpoint& teacher,
                             const std::vector<std::string>& classes) {
  const StudentRequest request = RequestOf(recipe);
  PreparedStudent prepared =
      PrepareStudent(request, &teacher, /*compute=*/true);
  const select::Plan& plan = prepared.plan;
  const auto outputs = CheckTeacher(recipe, teacher, request, plan, classes);
  // A plan of the official rule has no classifier.
  if (plan.entries.size() < model.module->named_parameters().size()) {
    Initialize(model, recipe.init.method, recipe.train.seed);
  }
  CopyStudent(plan,
              prepared.student
                  ? *prepared.student
                  : ApplyPlan(plan, &teacher, &select::LibTorchSvd()),
              model);
  ReorderClasses(model, outputs);
  return std::move(prepared.plan);
}

// Errors: kMismatch for a classifier of the data set's task with classes of
// other names: as many, or some of the same ones. One of another task is
// re-initialised, which is what fine-tuning is.
pretrained::ClassMatch MatchInitClasses(
    const recipe::Recipe& recipe, const PretrainedCheckpoint& checkpoint,
    const std::vector<std::string>& classes) {
  const int64_t outputs = NumClasses(checkpoint.model->config);
  pretrained::ClassMatch match =
      MatchClasses(checkpoint, outputs, classes, recipe.class_order);
  if (match.mismatch.empty() ||
      (outputs != NumClasses(recipe.model) && !match.shares_names)) {
    return match;
  }
  throw Error(ErrorKind::kMismatch, recipe.init.file,
              "{}. init.reset_classifier=true "
              "re-initialises the classifier{}",
              match.mismatch,
              outputs == NumClasses(recipe.model)
                  ? "; data.class_order=torchvision or timm matches it by "
                    "position"
                  : "");
}

void InitFromFile(nn::Model& model, const recipe::Recipe& recipe,
                  const PretrainedCheckpoint& checkpoint,
                  const std::vector<std::string>& classes) {
  const pretrained::ClassMatch match =
      recipe.init.reset_classifier
          ? pretrained::ClassMatch()
          : MatchInitClasses(recipe, checkpoint, classes);
  const bool keep = !recipe.init.reset_classifier && match.mismatch.empty();
  if (train::AdaptsInChans(recipe.model, *checkpoint.remapped.tensors)) {
    spdlog::info(
        "{}: the first convolution is adapted from 3 to {} image channels, as "
        "by timm",
        recipe.init.file, InChans(recipe.model));
  }
  const auto reset =
      train::InitFromCheckpoint(model, *checkpoint.remapped.tensors,
                                recipe.init.method, recipe.train.seed, keep);
  if (reset.empty()) return ReorderClasses(model, match.outputs);
  spdlog::info("re-initialised for {} classes: {}", NumClasses(recipe.model),
               fmt::join(reset, ", "));
}

// Positions on the grid of the model's images, as by timm.
void ResamplePositions(const recipe::Recipe& recipe, const model::Config& from,
                       PretrainedCheckpoint& checkpoint) {
  auto& tensors = checkpoint.remapped.tensors;
  const auto resample = select::OtherGrid(*tensors, from, recipe.model);
  if (!resample) return;
  const HeightWidth& old_grid = resample->from_grid;
  const HeightWidth& grid = resample->to_grid;
  spdlog::info(
      "{}: its positions are resampled from {}x{} to {}x{} patches, as by timm",
      recipe.init.file, old_grid.height, old_grid.width, grid.height,
      grid.width);
  tensors = select::WithGrid(std::move(tensors), *resample);
}

}  // namespace

PretrainedCheckpoint OpenInitCheckpoint(
    const recipe::Recipe& recipe, std::optional<PretrainedCheckpoint> opened) {
  const std::string& path = recipe.init.file;
  PretrainedCheckpoint checkpoint =
      opened ? std::move(*opened) : pretrained::Open(path, recipe.init.copy);
  const pretrained::Facts facts = FactsOf(checkpoint);
  LogLoadReport(checkpoint);
  ResamplePositions(recipe, facts.model, checkpoint);
  train::CheckInitCheckpoint(recipe.model, *checkpoint.remapped.tensors);
  RequireNoUnexpectedKeys(checkpoint, recipe.model);
  LogFacts(facts, path);
  CompareMeanStd(facts.mean_std, recipe, path);
  CompareCrop(facts, recipe, path);
  for (const auto& clause :
       model::ForwardDifferences(facts.model, recipe.model)) {
    spdlog::warn("{}: the weights were trained with {} as in this run's model",
                 path, clause);
  }
  return checkpoint;
}

std::optional<select::Plan> PlanInit(const recipe::Recipe& recipe,
                                     const PretrainedCheckpoint& teacher,
                                     const std::vector<std::string>& classes) {
  const StudentRequest request = RequestOf(recipe);
  const bool has_images =
      !request.calibration ||
      std::filesystem::exists(request.calibration->data.root);
  std::optional<select::Plan> plan =
      has_images ? PrepareStudent(request, &teacher, /*compute=*/false).plan
                 : PlanWithoutImages(request, teacher);
  if (plan) CheckTeacher(recipe, teacher, request, *plan, classes);
  return plan;
}

InitialisedModel InitModel(const recipe::Recipe& recipe,
                           const PretrainedCheckpoint* checkpoint,
                           const PretrainedCheckpoint* teacher,
                           const std::vector<std::string>& classes) {
  InitialisedModel result{nn::Build(recipe.model), std::nullopt};
  if (recipe.init.select && teacher != nullptr) {
    result.plan = InitFromTeacher(result.model, recipe, *teacher, classes);
  } else if (checkpoint != nullptr) {
    InitFromFile(result.model, recipe, *checkpoint, classes);
  } else {
    Initialize(result.model, recipe.init.method, recipe.train.seed);
  }
  return result;
}

}  // namespace wsel::session
