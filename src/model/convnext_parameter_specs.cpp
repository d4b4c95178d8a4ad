#include "convnext.h"
#include "parameter_specs_builder.h"

namespace wsel::model {
namespace {

Dim Width(const ConvNextConfig& c, int stage) {
  return {c.dims[stage], {Role::kWidth, stage}};
}

// The weight of a linear layer: [out, in], or that of a 1x1 convolution.
std::vector<Dim> Pointwise(bool conv, Dim out, Dim in) {
  if (conv) return {out, in, Fixed(1), Fixed(1)};
  return {out, in};
}

void AddBlock(const ConvNextConfig& c, int stage, ParameterSpecsBuilder& out) {
  const Dim width = Width(c, stage);
  const Dim hidden = {4 * c.dims[stage], {Role::kMlpHidden, stage}};
  if (c.layer_scale > 0) out.Add(Component::kLayerScale, "gamma", {width});
  out.AddLayer(Component::kConv, "conv_dw",
               {width, Fixed(1), Fixed(7), Fixed(7)});
  out.AddLayer(Component::kNorm, "norm", {width});
  out.AddLayer(Component::kMlp, "mlp.fc1",
               Pointwise(c.conv_mlp, hidden, width));
  out.AddLayer(Component::kMlp, "mlp.fc2",
               Pointwise(c.conv_mlp, width, hidden));
}

void AddStage(const ConvNextConfig& c, int stage, ParameterSpecsBuilder& out) {
  const std::string name = fmt::format("stages.{}.", stage);
  if (stage > 0 || c.patch_size == 2) {
    const Dim from = Width(c, stage > 0 ? stage - 1 : 0);
    out.AddLayer(Component::kNorm, name + "downsample.0", {from});
    out.AddLayer(Component::kDownsample, name + "downsample.1",
                 {Width(c, stage), from, Fixed(2), Fixed(2)});
  }
  for (int i = 0; i < c.depths[stage]; ++i) {
    out.BeginBlock(name + "blocks.{}.", stage, i);
    AddBlock(c, stage, out);
  }
  out.EndBlock();
}

}  // namespace

std::vector<ParameterSpec> ConvNextParameterSpecs(const ConvNextConfig& c) {
  ParameterSpecsBuilder out;
  const Dim kernel = {c.patch_size, {Role::kKernel}};
  out.AddLayer(Component::kPatchEmbed, "stem.0",
               {Width(c, 0), Fixed(3), kernel, kernel});
  out.AddLayer(Component::kNorm, "stem.1", {Width(c, 0)});
  for (int stage = 0; stage < 4; ++stage) AddStage(c, stage, out);
  const std::string norm = c.head_norm_first ? "norm_pre" : "head.norm";
  out.AddLayer(Component::kNorm, norm, {Width(c, 3)});
  if (c.num_classes > 0) {
    out.AddLayer(Component::kHead, "head.fc",
                 {Classes(c.num_classes), Width(c, 3)});
  }
  return out.Take();
}

}  // namespace wsel::model
