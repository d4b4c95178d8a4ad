#include "parameter_specs_builder.h"
#include "vit.h"

namespace wsel::model {
namespace {

// The sizes of a ViT as dimensions with roles.
struct VitDims {
  const VitConfig& c;
  Dim width = {c.embed_dim, {Role::kWidth}};
  Dim qkv = {3 * c.embed_dim, {Role::kAttnInner, 0, 3}};
  Dim inner = {c.embed_dim, {Role::kAttnInner}};
  Dim hidden = {c.MlpHidden(), {Role::kMlpHidden}};
  Dim tokens = {
      c.GridSize() * c.GridSize() + (c.no_embed_class ? 0 : c.PrefixTokens()),
      {Role::kTokens}};
  Dim kernel = {c.patch_size, {Role::kKernel}};
};

void AddEmbedding(const VitConfig& c, const VitDims& d,
                  ParameterSpecsBuilder& out) {
  const Dim one = Fixed(1);
  if (c.class_token) {
    out.Add(Component::kTokens, "cls_token", {one, one, d.width});
  }
  if (c.reg_tokens > 0) {
    out.Add(Component::kTokens, "reg_token",
            {one, Fixed(c.reg_tokens), d.width});
  }
  out.Add(Component::kPosEmbed, "pos_embed", {one, d.tokens, d.width});
  if (c.dist_token) {
    out.Add(Component::kTokens, "dist_token", {one, one, d.width});
  }
  out.AddLayer(Component::kPatchEmbed, "patch_embed.proj",
               {d.width, Fixed(3), d.kernel, d.kernel}, !c.pre_norm);
  if (c.pre_norm) out.AddLayer(Component::kNorm, "norm_pre", {d.width});
}

void AddBlock(const VitConfig& c, const VitDims& d,
              ParameterSpecsBuilder& out) {
  const bool scaled = c.layer_scale > 0;
  out.AddLayer(Component::kNorm, "norm1", {d.width});
  out.AddLayer(Component::kAttention, "attn.qkv", {d.qkv, d.width}, c.qkv_bias);
  out.AddLayer(Component::kAttention, "attn.proj", {d.width, d.inner});
  if (scaled) out.Add(Component::kLayerScale, "ls1.gamma", {d.width});
  out.AddLayer(Component::kNorm, "norm2", {d.width});
  out.AddLayer(Component::kMlp, "mlp.fc1", {d.hidden, d.width});
  out.AddLayer(Component::kMlp, "mlp.fc2", {d.width, d.hidden});
  if (scaled) out.Add(Component::kLayerScale, "ls2.gamma", {d.width});
}

}  // namespace

std::vector<ParameterSpec> VitParameterSpecs(const VitConfig& c) {
  const VitDims d = {c};
  ParameterSpecsBuilder out;
  AddEmbedding(c, d, out);
  for (int i = 0; i < c.depth; ++i) {
    out.BeginBlock("blocks.{}.", 0, i);
    AddBlock(c, d, out);
  }
  out.EndBlock();
  const bool after_pooling = c.pooling == Pooling::kAverage;
  out.AddLayer(Component::kNorm, after_pooling ? "fc_norm" : "norm", {d.width});
  if (c.num_classes > 0) {
    const std::vector<Dim> head = {Classes(c.num_classes), d.width};
    out.AddLayer(Component::kHead, "head", head);
    if (c.dist_token) out.AddLayer(Component::kHead, "head_dist", head);
  }
  return out.Take();
}

}  // namespace wsel::model
