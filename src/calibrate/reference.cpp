#include "wsel/calibrate/reference.h"

#include <ATen/ATen.h>

#include <variant>

#include "convnext_pass.h"
#include "moved_block.h"
#include "tile_sums.h"
#include "wsel/core/error.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/select/libtorch_svd.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::calibrate {
namespace {

void TakeTokens(model::VitConfig& teacher, const model::VitConfig& student) {
  teacher.pooling = student.pooling;
  teacher.pool_include_prefix = student.pool_include_prefix;
  teacher.class_token = student.class_token;
  teacher.dist_token = student.dist_token;
  teacher.reg_tokens = student.reg_tokens;
  teacher.no_embed_class = student.no_embed_class;
}

// A hidden layer before the classifier is only after pooling and norm.
void TakePooling(model::ConvNextConfig& teacher, const model::Config& student) {
  teacher.head_norm_first =
      ConvNextOf(student).head_norm_first && teacher.head_hidden_size == 0;
}

// Streams are compared position by position.
void RequireStrideOf(const model::ConvNextConfig& teacher,
                     const model::Config& student) {
  if (!teacher.HasOverlappingStem() ||
      PatchSize(student) == teacher.patch_size) {
    return;
  }
  throw Error(ErrorKind::kMismatch, "patch_size",
              "is {}, but the teacher's overlapping stem (stem_type) has "
              "stride {}, so that their streams differ in size; use {}",
              PatchSize(student), teacher.patch_size, teacher.patch_size);
}

model::Config WithTokensOf(const model::Config& teacher,
                           const model::Config& student) {
  model::Config config = teacher;
  const model::ConfigFields fields = FieldsOf(config);
  if (auto* convnext = std::get_if<model::ConvNextConfig>(&config)) {
    RequireStrideOf(*convnext, student);
    TakePooling(*convnext, student);
  }
  fields.img_size = ImageSize(student);
  fields.patch_size = PatchSize(student);
  if (auto* vit = std::get_if<model::VitConfig>(&config)) {
    TakeTokens(*vit, std::get<model::VitConfig>(student));
  }
  return config;
}

// A tensor of all blocks, such as learnt frequencies, has a row for each.
at::Tensor OfBlocks(const model::ParameterSpec& parameter,
                    const at::Tensor& whole,
                    const std::vector<int64_t>& blocks) {
  for (size_t i = 0; i < parameter.axes.size(); ++i) {
    if (parameter.axes[i].role != model::Role::kBlocks) continue;
    return whole.index_select(static_cast<int64_t>(i),
                              at::tensor(blocks, at::kLong));
  }
  return whole;
}

std::string NameInWhole(const model::ParameterSpec& parameter,
                        const std::vector<std::vector<int64_t>>& layers) {
  if (parameter.block < 0) return parameter.spec.name;
  const int64_t block = layers.at(static_cast<size_t>(parameter.stage))
                            .at(static_cast<size_t>(parameter.block));
  std::string name = parameter.key;
  return name.replace(name.find("{}"), 2, std::to_string(block));
}

}  // namespace

Weights WeightsOf(const select::Plan& plan, const select::Student& student) {
  Weights weights;
  for (size_t i = 0; i < plan.entries.size(); ++i) {
    // The tensor owns its elements, so that the weights share them.
    weights.Set(plan.entries[i].student.name, Borrow(student.tensors[i]));
  }
  return weights;
}

select::Student ApplyOnOneThread(const select::Plan& plan,
                                 const TensorSource& tensors) {
  const OneThreadEach guard;
  return select::Apply(plan, &tensors, &select::LibTorchSvd());
}

Reference ReferenceOf(const model::Config& teacher, const TensorSource& tensors,
                      const model::Config& student) {
  Reference reference;
  reference.config = WithTokensOf(teacher, student);
  const select::Plan plan =
      select::PlanSelection(teacher, tensors.Specs(), reference.config,
                            {.head = select::Head::kReuse}, {});
  const select::Student whole = ApplyOnOneThread(plan, tensors);
  reference.teacher_digest = whole.teacher_digest;
  reference.weights = WeightsOf(plan, whole);
  return reference;
}

Reference WithBlocks(const Reference& whole,
                     const std::vector<std::vector<int64_t>>& layers) {
  Reference reference;
  reference.config = whole.config;
  reference.teacher_digest = whole.teacher_digest;
  const model::ConfigFields fields = FieldsOf(reference.config);
  for (size_t stage = 0; stage < layers.size(); ++stage) {
    fields.depths[stage] = static_cast<int64_t>(layers[stage].size());
  }
  for (const model::ParameterSpec& parameter :
       ParameterSpecs(reference.config)) {
    reference.weights.Set(
        parameter.spec.name,
        OfBlocks(parameter, whole.weights[NameInWhole(parameter, layers)],
                 layers.front()));
  }
  if (const auto* vit = std::get_if<model::VitConfig>(&reference.config)) {
    for (int64_t b = 0; b < vit->depth; ++b) {
      KeepLambda(*vit, layers.front()[static_cast<size_t>(b)], b,
                 reference.weights);
    }
  }
  return reference;
}

}  // namespace wsel::calibrate
