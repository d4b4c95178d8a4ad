#include "vit_block.h"

#include <ATen/ATen.h>

#include "layers.h"
#include "vit_attention.h"
#include "vit_mlp.h"
#include "wsel/kernels/residual.h"

namespace wsel::nn {
namespace {

// Scales a residual branch per channel (Touvron et al. 2021, "Going deeper with
// Image Transformers"); applied by AddBranch.
class LayerScaleImpl : public torch::nn::Module {
 public:
  explicit LayerScaleImpl(int64_t width) {
    gamma = register_parameter("gamma", at::empty({width}));
  }

  at::Tensor gamma;  // [D]
};
TORCH_MODULE(LayerScale);

at::Tensor ScaleOf(const at::Tensor& scales, int64_t branch) {
  return scales.defined() ? scales[branch] : at::Tensor();
}

// Whether room kernels has the branch: its fused forms know only these.
bool IsUsualNorm(const model::VitConfig& c) {
  return c.norm == model::Norm::kLayerNorm &&
         c.block == model::BlockForm::kPreNorm && c.proj_bias;
}
bool IsUsualAttention(const model::VitConfig& c) {
  return IsUsualNorm(c) && c.qkv == model::Qkv::kFused && !c.qk_norm &&
         !c.diff_attn && !c.scale_attn_norm && c.rope == model::Rope::kNone;
}
bool IsUsualMlp(const model::VitConfig& c) {
  return IsUsualNorm(c) && c.mlp == model::MlpForm::kMlp && !c.scale_mlp_norm &&
         (c.activation == model::Activation::kGelu ||
          c.activation == model::Activation::kQuickGelu);
}

// Attention, then an MLP, with norms before or after them.
class SequentialBlock : public VitBlock {
 public:
  SequentialBlock(const model::VitConfig& c, int64_t block)
      : heads_(c.num_heads),
        quick_gelu_(c.activation == model::Activation::kQuickGelu),
        after_(IsPostNorm(c)),
        usual_attention_(IsUsualAttention(c)),
        usual_mlp_(IsUsualMlp(c)) {
    const bool scaled = c.HasLayerScale();
    const auto layer_norm = [&](const char* name) {
      return register_module(name, Norm(c.embed_dim, c.norm_eps, c.norm));
    };
    if (scaled && c.IsEva()) {
      gamma_1_ = register_parameter("gamma_1", at::empty({c.embed_dim}));
      gamma_2_ = register_parameter("gamma_2", at::empty({c.embed_dim}));
    }
    if (!after_) norm1_ = layer_norm("norm1");
    attn_ = register_module("attn", Attention(c, block));
    if (after_) norm1_ = layer_norm("norm1");
    if (!c.IsEva()) ls1_ = MakeScale(c, "ls1");
    if (!after_) norm2_ = layer_norm("norm2");
    mlp_ = register_module("mlp", VitMlp(c));
    if (after_) norm2_ = layer_norm("norm2");
    if (!c.IsEva()) ls2_ = MakeScale(c, "ls2");
  }

  at::Tensor forward(const at::Tensor& tokens, const Rotation* rotation,
                     const at::Tensor& scales) override {
    const auto x = AddAttention(tokens, rotation, ScaleOf(scales, 0));
    return AddMlp(x, ScaleOf(scales, 1));
  }

 private:
  LayerScale MakeScale(const model::VitConfig& c, const char* name) {
    if (!c.HasLayerScale()) return nullptr;
    return register_module(name, LayerScale(c.embed_dim));
  }

  at::Tensor Gamma1() const { return ls1_ ? ls1_->gamma : gamma_1_; }
  at::Tensor Gamma2() const { return ls2_ ? ls2_->gamma : gamma_2_; }

  at::Tensor AddAttention(const at::Tensor& x, const Rotation* rotation,
                          const at::Tensor& scale) {
    if (usual_attention_) {
      return kernels::AddAttentionBranch(
          x, BranchOf(norm1_, attn_->qkv, attn_->proj, Gamma1()), heads_,
          scale);
    }
    const auto branch = after_ ? norm1_->forward(attn_->forward(x, rotation))
                               : attn_->forward(norm1_->forward(x), rotation);
    return kernels::AddBranch(x, branch, Gamma1(), scale);
  }

  at::Tensor AddMlp(const at::Tensor& x, const at::Tensor& scale) {
    if (usual_mlp_) {
      return kernels::AddMlpBranch(
          x, x, BranchOf(norm2_, mlp_->fc1, mlp_->fc2, Gamma2()), quick_gelu_,
          scale);
    }
    const auto branch = after_ ? norm2_->forward(mlp_->forward(x))
                               : mlp_->forward(norm2_->forward(x));
    return kernels::AddBranch(x, branch, Gamma2(), scale);
  }

  static kernels::ResidualBranch BranchOf(const Norm& norm, const Linear& inner,
                                          const Linear& outer,
                                          const at::Tensor& gamma) {
    return {{norm->weight, norm->bias},
            norm->eps(),
            {inner->weight, inner->bias},
            {outer->weight, outer->bias},
            gamma};
  }

  int64_t heads_;
  bool quick_gelu_;
  bool after_;
  bool usual_attention_;
  bool usual_mlp_;
  at::Tensor gamma_1_, gamma_2_;  // of an Eva
  Norm norm1_ = nullptr;
  Attention attn_ = nullptr;
  LayerScale ls1_ = nullptr;
  Norm norm2_ = nullptr;
  VitMlp mlp_ = nullptr;
  LayerScale ls2_ = nullptr;
};

// Attention and MLP side by side, as timm's ParallelScalingBlock and, with
// differential attention, DiffParallelScalingBlock.
class ParallelBlock : public VitBlock {
 public:
  ParallelBlock(const model::VitConfig& c, int64_t block)
      : hidden_(c.MlpHidden()),
        activation_(c.activation),
        attention_(MakeHeadAttention(c, block)) {
    const int64_t d = c.embed_dim;
    const auto linear = [&](const char* name, int64_t in) {
      return register_module(name, Linear(in, d, c.proj_bias));
    };
    if (!c.qkv_bias) {
      mlp_bias_ = register_parameter("mlp_bias", at::empty({hidden_}));
    }
    RegisterLambdas(c, *this, attention_);
    in_norm_ = register_module("in_norm", Norm(d, c.norm_eps, c.norm));
    in_proj_ =
        register_module("in_proj", Linear(d, hidden_ + 3 * d, c.qkv_bias));
    RegisterHeadNorms(c, *this, attention_);
    RegisterSubNorm(c, *this, attention_);
    if (c.diff_attn) {
      out_proj_ = linear("out_proj", d + hidden_);
    } else {
      attn_out_proj_ = linear("attn_out_proj", d);
      mlp_out_proj_ = linear("mlp_out_proj", hidden_);
    }
    if (c.layer_scale > 0) ls_ = register_module("ls", LayerScale(d));
  }

  at::Tensor forward(const at::Tensor& x, const Rotation* /*rotation*/,
                     const at::Tensor& scales) override {
    const int64_t d = x.size(2);
    const auto parts = in_proj_->forward(in_norm_->forward(x))
                           .split_with_sizes({hidden_, d, d, d}, -1);
    const auto before = mlp_bias_.defined() ? parts[0] + mlp_bias_ : parts[0];
    const auto hidden = Activate(activation_, before);
    const auto attended =
        attention_.Attend(parts[1], parts[2], parts[3], nullptr);
    const auto branch =
        out_proj_ ? out_proj_->forward(at::cat({attended, hidden}, -1))
                  : attn_out_proj_->forward(attended) +
                        mlp_out_proj_->forward(hidden);
    return kernels::AddBranch(x, branch, ls_ ? ls_->gamma : at::Tensor(),
                              ScaleOf(scales, 0));
  }

 private:
  int64_t hidden_;
  model::Activation activation_;
  at::Tensor mlp_bias_;  // [H], if in_proj has none
  HeadAttention attention_;
  Norm in_norm_ = nullptr;
  Linear in_proj_ = nullptr;
  Linear attn_out_proj_ = nullptr;
  Linear mlp_out_proj_ = nullptr;
  Linear out_proj_ = nullptr;
  LayerScale ls_ = nullptr;
};

}  // namespace

std::shared_ptr<VitBlock> MakeVitBlock(const model::VitConfig& config,
                                       int64_t block) {
  if (config.block == model::BlockForm::kParallel) {
    return std::make_shared<ParallelBlock>(config, block);
  }
  return std::make_shared<SequentialBlock>(config, block);
}

}  // namespace wsel::nn
