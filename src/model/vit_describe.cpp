#include <fmt/format.h>

#include "field.h"
#include "vit.h"

namespace wsel::model {
namespace {

// What a ViT may compute beside the usual, as ForwardExtras (config.h) lists
// it.
struct Form {
  bool (*has)(const VitConfig& c);
  std::string_view words;  // as in "the teacher has ..."
};

constexpr Form kForms[] = {
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
     .words = "RMSNorm"},
    {.has = [](const VitConfig& c) { return c.embed_norm; },
     .words = "a norm of the patch embedding"},
    {.has = [](const VitConfig& c) { return IsPostNorm(c); },
     .words = "post-norm blocks"},
    {.has = [](const VitConfig& c) { return c.block == BlockForm::kParallel; },
     .words = "parallel blocks"},
    {.has = [](const VitConfig& c) { return c.rope != Rope::kNone; },
     .words = "rotary positions"},
    {.has = [](const VitConfig& c) { return c.qk_norm; },
     .words = "normalised queries and keys"},
    {.has = [](const VitConfig& c) { return c.diff_attn; },
     .words = "differential attention"},
    {.has = [](const VitConfig& c) { return c.scale_attn_norm; },
     .words = "a norm before attention's projection"},
    {.has = [](const VitConfig& c) { return c.mlp != MlpForm::kMlp; },
     .words = "SwiGLU"},
    {.has = [](const VitConfig& c) { return c.scale_mlp_norm; },
     .words = "a norm of the MLP's hidden channels"},
    {.has = [](const VitConfig& c) { return c.pooling == Pooling::kAttention; },
     .words = "attention pooling"},
};

std::string_view WordsOf(Pooling pooling) {
  if (pooling == Pooling::kToken) return "";
  return pooling == Pooling::kAttention ? ", attention pooling"
                                        : ", average pooling";
}

}  // namespace

std::vector<std::string_view> VitForwardExtras(const VitConfig& c) {
  std::vector<std::string_view> extras;
  for (const Form& form : kForms) {
    if (form.has(c)) extras.push_back(form.words);
  }
  return extras;
}

std::string VitNameBySizes(const VitConfig& c) {
  return fmt::format("vit_d{}_l{}_h{}_p{}", c.embed_dim, c.depth, c.num_heads,
                     c.patch_size);
}

std::string DescribeVit(const VitConfig& c) {
  std::string text = fmt::format(
      "ViT: width {}, depth {}, {} heads, patch {}, image {}, {} classes",
      c.embed_dim, c.depth, c.num_heads, c.patch_size, c.img_size,
      c.num_classes);
  text += WordsOf(c.pooling);
  if (c.dist_token) text += ", distillation token";
  if (c.reg_tokens > 0) {
    text += fmt::format(", {} register tokens", c.reg_tokens);
  }
  if (!c.pos_embed) {
    text += ", no position embedding";
  } else if (c.no_embed_class) {
    text += ", no position embedding for prefix tokens";
  }
  for (const std::string_view extra : VitForwardExtras(c)) {
    if (extra == "attention pooling") continue;  // said above
    // Shorter than as what a teacher has.
    text += fmt::format(", {}", extra.substr(extra.starts_with("a ") ? 2 : 0));
  }
  if (!c.final_norm) text += ", no final norm";
  if (c.qkv == Qkv::kQvBias) text += ", q and v biases";
  if (c.qkv == Qkv::kSeparate) text += ", separate q, k, v";
  if (c.norm_eps != 1e-6) text += fmt::format(", eps {:g}", c.norm_eps);
  return text + DescribeInChans(c.in_chans);
}

}  // namespace wsel::model
