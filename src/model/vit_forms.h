// Torch-free.
#pragma once

#include <string_view>

#include "wsel/model/vit_config.h"

namespace wsel::model {

// A form that a ViT may have beside the usual one.
struct VitForm {
  bool (*has)(const VitConfig& c);
  std::string_view words;  // as in "the teacher has ..."
  bool is_rare = false;    // see rare_forms.h
  bool is_extra = true;    // among ForwardExtras (config.h)
};

inline constexpr VitForm kVitForms[] = {
    {.has = [](const VitConfig& c) { return c.pre_norm; },
     .words = "a norm before the blocks"},
    {.has = [](const VitConfig& c) { return c.layer_scale != 0; },
     .words = "layer scale"},
    {.has =
         [](const VitConfig& c) {
           return c.activation == Activation::kQuickGelu;
         },
     .words = "QuickGELU"},
    {.has =
         [](const VitConfig& c) {
           return c.activation == Activation::kGeluTanh;
         },
     .words = "GELU approximated by tanh"},
    {.has =
         [](const VitConfig& c) { return c.activation == Activation::kRelu; },
     .words = "ReLU"},
    {.has = [](const VitConfig& c) { return c.norm == Norm::kRmsNorm; },
     .words = "RMSNorm",
     .is_rare = true},
    {.has = [](const VitConfig& c) { return !c.final_norm; },
     .words = "no final norm",
     .is_rare = true,
     .is_extra = false},
    {.has = [](const VitConfig& c) { return c.embed_norm; },
     .words = "a norm of the patch embedding",
     .is_rare = true},
    {.has = [](const VitConfig& c) { return c.block == BlockForm::kPostNorm; },
     .words = "post-norm blocks",
     .is_rare = true},
    {.has = [](const VitConfig& c) { return c.block == BlockForm::kParallel; },
     .words = "parallel blocks",
     .is_rare = true},
    {.has = [](const VitConfig& c) { return c.rope != Rope::kNone; },
     .words = "rotary positions",
     .is_rare = true},
    {.has = [](const VitConfig& c) { return c.qkv != Qkv::kFused; },
     .words = "q, k and v apart, or their biases",
     .is_rare = true,
     .is_extra = false},
    {.has = [](const VitConfig& c) { return c.qk_norm; },
     .words = "normalised queries and keys",
     .is_rare = true},
    {.has = [](const VitConfig& c) { return c.diff_attn; },
     .words = "differential attention",
     .is_rare = true},
    {.has = [](const VitConfig& c) { return c.scale_attn_norm; },
     .words = "a norm before attention's projection",
     .is_rare = true},
    {.has = [](const VitConfig& c) { return c.mlp != MlpForm::kMlp; },
     .words = "SwiGLU",
     .is_rare = true},
    {.has = [](const VitConfig& c) { return c.scale_mlp_norm; },
     .words = "a norm of the MLP's hidden channels",
     .is_rare = true},
    {.has = [](const VitConfig& c) { return c.pooling == Pooling::kAttention; },
     .words = "attention pooling",
     .is_rare = true},
    {.has = [](const VitConfig& c) { return c.pool_include_prefix; },
     .words = "pooled prefix tokens",
     .is_rare = true,
     .is_extra = false},
    {.has = [](const VitConfig& c) { return !c.pos_embed; },
     .words = "no position embedding",
     .is_rare = true,
     .is_extra = false},
};

}  // namespace wsel::model
