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

void AddNorm(const ConvNextConfig& c, const std::string& name, Dim width,
             ParameterSpecsBuilder& out) {
  const bool bias = c.norm_layer == ConvNextNorm::kLayerNorm;
  out.AddLayer(Component::kNorm, name, {width}, bias);
}

void AddStem(const ConvNextConfig& c, ParameterSpecsBuilder& out) {
  const Dim width = Width(c, 0);
  const Dim image = {c.in_chans, {Role::kImageChannels}};
  if (!c.HasOverlappingStem()) {
    const Dim kernel = {c.patch_size, {Role::kKernel}};
    out.AddLayer(Component::kPatchEmbed, "stem.0",
                 {width, image, kernel, kernel});
    return AddNorm(c, c.StemNorm(), width, out);
  }
  const Dim hidden = {c.StemHidden(), {Role::kStemHidden}};
  out.AddLayer(Component::kPatchEmbed, "stem.0",
               {hidden, image, Fixed(3), Fixed(3)});
  out.AddLayer(Component::kPatchEmbed, c.SecondStemConv(),
               {width, hidden, Fixed(3), Fixed(3)});
  AddNorm(c, c.StemNorm(), width, out);
}

void AddBlock(const ConvNextConfig& c, int stage, ParameterSpecsBuilder& out) {
  const Dim width = Width(c, stage);
  const Dim hidden = {4 * c.dims[stage], {Role::kMlpHidden, stage}};
  const Dim kernel = Fixed(c.kernel_sizes[stage]);
  if (c.layer_scale > 0) out.Add(Component::kLayerScale, "gamma", {width});
  out.AddLayer(Component::kConv, "conv_dw", {width, Fixed(1), kernel, kernel});
  AddNorm(c, "norm", width, out);
  out.AddLayer(Component::kMlp, "mlp.fc1",
               Pointwise(c.conv_mlp, hidden, width));
  out.AddLayer(Component::kMlp, "mlp.fc2",
               Pointwise(c.conv_mlp, width, hidden));
}

void AddStage(const ConvNextConfig& c, int stage, ParameterSpecsBuilder& out) {
  const std::string name = fmt::format("stages.{}.", stage);
  if (stage > 0 || c.patch_size == 2) {
    const Dim from = Width(c, stage > 0 ? stage - 1 : 0);
    AddNorm(c, name + "downsample.0", from, out);
    out.AddLayer(Component::kDownsample, name + "downsample.1",
                 {Width(c, stage), from, Fixed(2), Fixed(2)});
  }
  for (int i = 0; i < c.depths[stage]; ++i) {
    out.BeginBlock(name + "blocks.{}.", stage, i);
    AddBlock(c, stage, out);
  }
  out.EndBlock();
}

void AddHead(const ConvNextConfig& c, ParameterSpecsBuilder& out) {
  AddNorm(c, c.head_norm_first ? "norm_pre" : "head.norm", Width(c, 3), out);
  Dim features = Width(c, 3);
  if (c.head_hidden_size > 0) {
    const Dim hidden = {c.head_hidden_size, {Role::kHeadHidden}};
    out.AddLayer(Component::kPreLogits, "head.pre_logits.fc",
                 {hidden, features});
    features = hidden;
  }
  if (c.num_classes > 0) {
    out.AddLayer(Component::kHead, "head.fc",
                 {Classes(c.num_classes), features});
  }
}

}  // namespace

std::vector<ParameterSpec> ConvNextParameterSpecs(const ConvNextConfig& c) {
  ParameterSpecsBuilder out;
  AddStem(c, out);
  for (int stage = 0; stage < 4; ++stage) AddStage(c, stage, out);
  AddHead(c, out);
  return out.Take();
}

}  // namespace wsel::model
