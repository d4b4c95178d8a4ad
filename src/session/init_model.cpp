#include "wsel/session/init_model.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "wsel/model/config.h"
#include "wsel/pretrained/classes.h"
#include "wsel/pretrained/facts.h"
#include "wsel/session/student_plan.h"
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
    at::Tensor to = parameters[plan.entries[i].student.name];
    to.copy_(student.tensors[i].view_as(to));
  }
}

// What init.select requests. The recipe has the data set's number of classes.
StudentRequest RequestOf(const recipe::Recipe& recipe) {
  StudentRequest request;
  request.teacher = recipe.teacher.file;
  request.student = ConfigStudent{recipe.model, /*has_num_classes=*/true};
  request.options = recipe::SelectionOf(recipe);
  return request;
}

select::Plan InitFromTeacher(nn::Model& model, const recipe::Recipe& recipe,
                             const PretrainedCheckpoint& teacher,
                             const std::vector<std::string>& classes) {
  select::Plan plan = PlanStudent(RequestOf(recipe), &teacher);
  LogTeacher(plan, teacher);
  std::vector<int64_t> outputs;
  if (plan.options.head == select::Head::kReuse) {
    outputs = RequireSameClasses(teacher, NumClasses(recipe.model), classes,
                                 recipe.class_order);
  }
  // A plan of the official rule has no classifier.
  if (plan.entries.size() < model.module->named_parameters().size()) {
    Initialize(model, recipe.init.method, recipe.train.seed);
  }
  CopyStudent(plan, ApplyPlan(plan, &teacher), model);
  ReorderClasses(model, outputs);
  return plan;
}

void InitFromFile(nn::Model& model, const recipe::Recipe& recipe,
                  const PretrainedCheckpoint& checkpoint,
                  const std::vector<std::string>& classes) {
  const int64_t outputs = NumClasses(checkpoint.model->config);
  const pretrained::ClassMatch match =
      MatchClasses(checkpoint, outputs, classes, recipe.class_order);
  const bool other = !match.mismatch.empty();
  if (other && outputs == NumClasses(recipe.model)) {
    spdlog::warn(
        "{}: {}, so its classifier is not used; --class-order torchvision or "
        "timm would match it by position",
        recipe.init.file, match.mismatch);
  }
  const auto reset = train::InitFromCheckpoint(
      model, *checkpoint.remapped.tensors, recipe.init.method,
      recipe.train.seed, /*keep_classifier=*/!other);
  if (reset.empty()) return ReorderClasses(model, match.outputs);
  spdlog::info("re-initialised for {} classes: {}", NumClasses(recipe.model),
               fmt::join(reset, ", "));
}

void Compare(const char* name, const pretrained::RgbFact& pretrained,
             const std::array<double, 3>& now, const std::string& path) {
  if (pretrained.source == pretrained::FactSource::kAssumed ||
      pretrained.value == now) {
    return;
  }
  spdlog::warn(
      "{}: the weights were trained with {} {}, but this run uses {}; set "
      "data.{} to match",
      path, name, nlohmann::json(pretrained.value).dump(),
      nlohmann::json(now).dump(), name);
}

}  // namespace

PretrainedCheckpoint OpenInitCheckpoint(const recipe::Recipe& recipe) {
  const std::string& path = recipe.init.file;
  PretrainedCheckpoint checkpoint = pretrained::Open(path, recipe.init.copy);
  const pretrained::Facts facts = FactsOf(checkpoint);
  LogLoadReport(checkpoint);
  train::CheckInitCheckpoint(recipe.model, *checkpoint.remapped.tensors);
  RequireNoUnexpectedKeys(checkpoint, recipe.model);
  const image::Normalisation& now = recipe.train.normalisation;
  Compare("mean", facts.mean_std.mean, now.mean, path);
  Compare("std", facts.mean_std.std, now.std, path);
  for (const auto& clause :
       model::ForwardDifferences(facts.model, recipe.model)) {
    spdlog::warn("{}: the weights were trained with {} as in this run's model",
                 path, clause);
  }
  return checkpoint;
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
