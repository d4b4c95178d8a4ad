#include "wsel/calibrate/reference.h"

#include <ATen/ATen.h>

#include "architecture.h"
#include "tile_sums.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/select/libtorch_svd.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::calibrate {
namespace {

Reference WithTokensOf(const model::Config& teacher,
                       const model::Config& student) {
  Reference reference{teacher, {}, {}};
  model::Config& config = reference.config;
  reference.classifies = ArchitectureOf(config).take_tokens(config, student);
  const model::ConfigFields fields = FieldsOf(config);
  fields.img_size = ImageSize(student);
  fields.patch_size = PatchSize(student);
  return reference;
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
                      const model::Config& student,
                      const select::Options& options) {
  Reference reference = WithTokensOf(teacher, student);
  const select::Plan plan = select::PlanSelection(
      teacher, tensors.Specs(), reference.config,
      {.head =
           reference.classifies ? select::Head::kReuse : select::Head::kReset,
       .patch_resize = options.patch_resize,
       .seed = options.seed},
      {});
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
  reference.classifies = whole.classifies;
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
  const auto renumber = ArchitectureOf(reference.config).renumber_block;
  if (renumber == nullptr) return reference;
  for (size_t b = 0; b < layers.front().size(); ++b) {
    renumber(reference.config, layers.front()[b], static_cast<int64_t>(b),
             reference.weights);
  }
  return reference;
}

}  // namespace wsel::calibrate
