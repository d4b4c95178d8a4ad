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
  Dim head = {c.HeadDim(), {Role::kHeadChannel}};
  Dim hidden = {c.MlpHidden(), {Role::kMlpHidden}};
  Dim packed = {2 * c.MlpHidden(), {Role::kMlpHidden, 0, 2}};
  Dim mlp_and_qkv = {c.MlpHidden() + 3 * c.embed_dim, {Role::kMlpAndQkv}};
  Dim attn_and_mlp = {c.embed_dim + c.MlpHidden(), {Role::kAttnAndMlp}};
  Dim tokens = {c.no_embed_class ? c.NumPatches() : c.Tokens(),
                {Role::kTokens}};
  Dim image = {c.in_chans, {Role::kImageChannels}};
  Dim kernel = {c.patch_size, {Role::kKernel}};
  // The two parts of a differential head are no more and no less than it.
  Dim half_head = Fixed(c.HeadDim() / 2);
};

// LayerNorm, or RMSNorm, which has no bias.
void AddNorm(const VitConfig& c, const std::string& name, const Dim& dim,
             ParameterSpecsBuilder& out) {
  out.AddLayer(Component::kNorm, name, {dim}, c.norm == Norm::kLayerNorm);
}

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
  if (c.pos_embed) {
    out.Add(Component::kPosEmbed, "pos_embed", {one, d.tokens, d.width});
  }
  if (c.dist_token) {
    out.Add(Component::kTokens, "dist_token", {one, one, d.width});
  }
  out.AddLayer(Component::kPatchEmbed, "patch_embed.proj",
               {d.width, d.image, d.kernel, d.kernel}, !c.pre_norm);
  if (c.embed_norm) AddNorm(c, "patch_embed.norm", d.width, out);
  if (c.rope == Rope::kMixed) {
    out.Add(Component::kPosEmbed, "rope.freqs",
            {Fixed(2),
             {c.depth, {Role::kBlocks}},
             {c.num_heads, {Role::kHeads}},
             {c.HeadDim() / 2, {Role::kHeadPairs}}});
  }
  if (c.pre_norm) AddNorm(c, "norm_pre", d.width, out);
}

void AddLambdas(const VitDims& d, const std::string& prefix,
                ParameterSpecsBuilder& out) {
  for (const char* name :
       {"lambda_q1", "lambda_k1", "lambda_q2", "lambda_k2"}) {
    out.Add(Component::kAttention, prefix + name, {d.half_head});
  }
}

void AddHeadNorms(const VitConfig& c, const VitDims& d,
                  const std::string& prefix, ParameterSpecsBuilder& out) {
  if (!c.qk_norm) return;
  const Dim& dim = c.diff_attn ? d.half_head : d.head;
  AddNorm(c, prefix + "q_norm", dim, out);
  AddNorm(c, prefix + "k_norm", dim, out);
}

void AddProjections(const VitConfig& c, const VitDims& d,
                    ParameterSpecsBuilder& out) {
  if (c.qkv != Qkv::kSeparate) {
    out.AddLayer(Component::kAttention, "attn.qkv", {d.qkv, d.width},
                 c.qkv_bias && c.qkv == Qkv::kFused);
    return;
  }
  const std::vector<Dim> weight = {d.inner, d.width};
  out.AddLayer(Component::kAttention, "attn.q_proj", weight, c.qkv_bias);
  out.AddLayer(Component::kAttention, "attn.k_proj", weight, false);
  out.AddLayer(Component::kAttention, "attn.v_proj", weight, c.qkv_bias);
}

void AddAttention(const VitConfig& c, const VitDims& d,
                  ParameterSpecsBuilder& out) {
  if (c.qkv == Qkv::kQvBias) {
    out.Add(Component::kAttention, "attn.q_bias", {d.inner});
    out.Add(Component::kAttention, "attn.v_bias", {d.inner});
  }
  if (c.diff_attn) AddLambdas(d, "attn.", out);
  AddProjections(c, d, out);
  AddHeadNorms(c, d, "attn.", out);
  if (c.scale_attn_norm) AddNorm(c, "attn.norm", d.inner, out);
  out.AddLayer(Component::kAttention, "attn.proj", {d.width, d.inner},
               c.proj_bias);
  if (c.diff_attn) {
    out.AddLayer(Component::kNorm, "attn.sub_norm", {Fixed(c.HeadDim())},
                 false);
  }
}

void AddMlp(const VitConfig& c, const VitDims& d, ParameterSpecsBuilder& out) {
  if (c.mlp == MlpForm::kSwiGlu) {
    out.AddLayer(Component::kMlp, "mlp.fc1_g", {d.hidden, d.width},
                 c.proj_bias);
    out.AddLayer(Component::kMlp, "mlp.fc1_x", {d.hidden, d.width},
                 c.proj_bias);
  } else {
    const bool packed = c.mlp == MlpForm::kSwiGluPacked;
    out.AddLayer(Component::kMlp, "mlp.fc1",
                 {packed ? d.packed : d.hidden, d.width}, c.proj_bias);
  }
  if (c.scale_mlp_norm) AddNorm(c, "mlp.norm", d.hidden, out);
  out.AddLayer(Component::kMlp, "mlp.fc2", {d.width, d.hidden}, c.proj_bias);
}

// timm's ParallelScalingBlock and DiffParallelScalingBlock.
void AddParallelBlock(const VitConfig& c, const VitDims& d,
                      ParameterSpecsBuilder& out) {
  if (!c.qkv_bias) out.Add(Component::kMlp, "mlp_bias", {d.hidden});
  if (c.diff_attn) AddLambdas(d, "", out);
  AddNorm(c, "in_norm", d.width, out);
  out.AddLayer(Component::kAttention, "in_proj", {d.mlp_and_qkv, d.width},
               c.qkv_bias);
  AddHeadNorms(c, d, "", out);
  if (c.diff_attn) {
    out.AddLayer(Component::kNorm, "sub_norm", {Fixed(c.HeadDim())}, false);
    out.AddLayer(Component::kAttention, "out_proj", {d.width, d.attn_and_mlp},
                 c.proj_bias);
  } else {
    out.AddLayer(Component::kAttention, "attn_out_proj", {d.width, d.inner},
                 c.proj_bias);
    out.AddLayer(Component::kMlp, "mlp_out_proj", {d.width, d.hidden},
                 c.proj_bias);
  }
  if (c.layer_scale > 0) out.Add(Component::kLayerScale, "ls.gamma", {d.width});
}

void AddBlock(const VitConfig& c, const VitDims& d,
              ParameterSpecsBuilder& out) {
  const bool after = IsPostNorm(c);
  const bool scaled = c.HasLayerScale();
  const auto scale = [&](const char* name) {
    out.Add(Component::kLayerScale, name, {d.width});
  };
  if (scaled && c.IsEva()) {
    scale("gamma_1");
    scale("gamma_2");
  }
  if (!after) AddNorm(c, "norm1", d.width, out);
  AddAttention(c, d, out);
  if (after) AddNorm(c, "norm1", d.width, out);
  if (scaled && !c.IsEva()) scale("ls1.gamma");
  if (!after) AddNorm(c, "norm2", d.width, out);
  AddMlp(c, d, out);
  if (after) AddNorm(c, "norm2", d.width, out);
  if (scaled && !c.IsEva()) scale("ls2.gamma");
}

void AddAttnPool(const VitDims& d, const VitConfig& c,
                 ParameterSpecsBuilder& out) {
  constexpr auto kPool = Component::kAttnPool;
  const Dim inner = {c.embed_dim, {Role::kPoolInner}};
  const Dim kv = {2 * c.embed_dim, {Role::kPoolInner, 0, 2}};
  const Dim hidden = {c.AttnPoolHidden(), {Role::kPoolHidden}};
  out.Add(kPool, "attn_pool.latent", {Fixed(1), Fixed(1), d.width});
  out.AddLayer(kPool, "attn_pool.q", {inner, d.width});
  out.AddLayer(kPool, "attn_pool.kv", {kv, d.width});
  out.AddLayer(kPool, "attn_pool.proj", {d.width, inner});
  AddNorm(c, "attn_pool.norm", d.width, out);
  out.AddLayer(kPool, "attn_pool.mlp.fc1", {hidden, d.width});
  out.AddLayer(kPool, "attn_pool.mlp.fc2", {d.width, hidden});
}

}  // namespace

std::vector<ParameterSpec> VitParameterSpecs(const VitConfig& c) {
  const VitDims d = {c};
  ParameterSpecsBuilder out;
  AddEmbedding(c, d, out);
  for (int i = 0; i < c.depth; ++i) {
    out.BeginBlock("blocks.{}.", 0, i);
    if (c.block == BlockForm::kParallel) {
      AddParallelBlock(c, d, out);
    } else {
      AddBlock(c, d, out);
    }
  }
  out.EndBlock();
  const bool after_pooling = c.pooling == Pooling::kAverage;
  if (c.final_norm && !after_pooling) AddNorm(c, "norm", d.width, out);
  if (c.pooling == Pooling::kAttention) AddAttnPool(d, c, out);
  if (c.final_norm && after_pooling) AddNorm(c, "fc_norm", d.width, out);
  if (c.num_classes > 0) {
    const std::vector<Dim> head = {Classes(c.num_classes), d.width};
    out.AddLayer(Component::kHead, "head", head);
    if (c.dist_token) out.AddLayer(Component::kHead, "head_dist", head);
  }
  return out.Take();
}

}  // namespace wsel::model
