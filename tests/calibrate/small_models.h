#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "hashed_values.h"
#include "nn/hashed_model.h"
#include "wsel/calibrate/images.h"
#include "wsel/calibrate/importance.h"
#include "wsel/calibrate/mark_solved.h"
#include "wsel/calibrate/reference.h"
#include "wsel/calibrate/solve.h"
#include "wsel/model/config.h"
#include "wsel/select/apply.h"
#include "wsel/select/plan.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::calibrate {

inline constexpr int kSide = 16;

// 40 images of 16 x 16 hashed bytes, as scripts/golden/calibration.py has them.
inline data::Dataset HashedImages(int64_t count = 40) {
  data::Dataset set;
  set.name = "hashed";
  set.classes = {"a", "b", "c", "d", "e"};
  for (int64_t i = 0; i < count; ++i) {
    set.labels.push_back(static_cast<int32_t>(i % 5));
  }
  set.image = [](int64_t index) {
    const HashedValues hashed("images");
    image::Image sample(kSide, kSide);
    const auto size = static_cast<uint64_t>(sample.bytes().size());
    for (uint64_t i = 0; i < size; ++i) {
      sample.bytes()[i] = static_cast<uint8_t>(
          hashed.Bits(static_cast<uint64_t>(index) * size + i) >> 56);
    }
    return sample;
  };
  set.filename = [](int64_t index) { return "image " + std::to_string(index); };
  return set;
}

// `in_chans`: 3, or 1 for grey ones.
inline Images SmallImages(const HeightWidth& size = kSide, int64_t count = 40,
                          int in_chans = 3) {
  return {
      HashedImages(count),
      {.img_size = size, .in_chans = in_chans},
      {.mean = {0.5, 0.5, 0.5}, .std = {0.5, 0.5, 0.5}, .in_chans = in_chans}};
}

// The hashed parameters of a model as a checkpoint; `change` edits them first.
class HashedWeights : public TensorSource {
 public:
  explicit HashedWeights(const model::Config& config)
      : model_(nn::HashedModel(config)) {
    for (const auto& item : model_.module->named_parameters()) {
      specs_.push_back({item.key(), item.value().sizes().vec()});
    }
  }
  const std::vector<TensorSpec>& Specs() const override { return specs_; }
  TensorView View(std::string_view name) const override {
    const auto values =
        model_.module->named_parameters()[std::string(name)].detach();
    return {*Find(name), values.strides().vec(), BytesOf(values), nullptr};
  }
  const nn::Model& model() const { return model_; }

 private:
  nn::Model model_;
  std::vector<TensorSpec> specs_;
};

inline select::Method MethodNamed(const std::string& name) {
  return select::Methods().Find(name, "method");
}

// A student by a method that looks at images, and all that made it.
struct MadeStudent {
  Reference teacher;
  select::Plan plan;
  SolvedStudent solved;
};

inline MadeStudent MakeStudent(const HashedWeights& weights,
                               const model::Config& student,
                               const select::Options& options,
                               const Images& images) {
  const model::Config& teacher = weights.model().config;
  MadeStudent made;
  made.teacher = ReferenceOf(teacher, weights, student, options);
  const bool projects = options.method->solve == select::Solve::kProjection;
  made.plan = PlanSelection(teacher, weights.Specs(), student, options,
                            projects ? select::ImportanceScores{}
                                     : ActivationScores(made.teacher, images));
  made.plan.calibration = select::CalibrationRecord{
      "hashed", images.size(), 0, std::string(64, 'a'), std::nullopt};
  if (IsSolved(made.plan)) MarkSolved(made.plan);
  const Reference blocks = WithBlocks(made.teacher, made.plan.layers);
  if (projects) {
    made.solved = SolveProjection(made.plan, blocks, images);
  } else if (IsSolved(made.plan)) {
    made.solved = SolveRegression(
        made.plan, ApplyOnOneThread(made.plan, weights), blocks, images);
  } else {
    made.solved.student = ApplyOnOneThread(made.plan, weights);
  }
  return made;
}

// The logits of a student, by the modules that are trained.
inline at::Tensor LogitsOfStudent(const MadeStudent& made,
                                  const at::Tensor& images) {
  const at::NoGradGuard no_grad;
  nn::Model model = nn::Build(std::get<model::Config>(made.plan.student));
  const auto parameters = model.module->named_parameters();
  for (size_t i = 0; i < made.plan.entries.size(); ++i) {
    parameters[made.plan.entries[i].student.name].copy_(
        Borrow(made.solved.student.tensors[i]));
  }
  return model.forward(images);
}

// All images as one batch.
inline at::Tensor Batch(const Images& images) {
  std::vector<at::Tensor> tiles;
  for (size_t i = 0; i < images.num_tiles(); ++i) {
    tiles.push_back(images.Tile(i));
  }
  return at::cat(tiles);
}

inline double LargestDifference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

inline at::Tensor TeachersLogits(const HashedWeights& weights,
                                 const Images& images) {
  const at::NoGradGuard no_grad;
  return weights.model().forward(Batch(images));
}

}  // namespace wsel::calibrate
