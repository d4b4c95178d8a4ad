#include <fmt/format.h>

#include "vit.h"

namespace wsel::model {
namespace {

// A form that a ViT may have beside the usual one, in words.
struct Form {
  bool (*has)(const VitConfig& c);
  std::string_view words;
};

constexpr Form kForms[] = {
    {[](const VitConfig& c) { return c.pre_norm; }, "a norm before the blocks"},
    {[](const VitConfig& c) { return c.layer_scale != 0; }, "layer scale"},
    {[](const VitConfig& c) { return c.activation == Activation::kQuickGelu; },
     "QuickGELU"},
    {[](const VitConfig& c) { return c.activation == Activation::kGeluTanh; },
     "GELU approximated by tanh"},
    {[](const VitConfig& c) { return c.activation == Activation::kRelu; },
     "ReLU"},
    {[](const VitConfig& c) { return c.norm == Norm::kRmsNorm; }, "RMSNorm"},
    {[](const VitConfig& c) { return c.embed_norm; },
     "a norm of the patch embedding"},
    {[](const VitConfig& c) { return c.block == BlockForm::kPostNorm; },
     "post-norm blocks"},
    {[](const VitConfig& c) { return c.block == BlockForm::kParallel; },
     "parallel blocks"},
    {[](const VitConfig& c) { return c.rope != Rope::kNone; },
     "rotary positions"},
    {[](const VitConfig& c) { return c.qk_norm; },
     "normalised queries and keys"},
    {[](const VitConfig& c) { return c.diff_attn; }, "differential attention"},
    {[](const VitConfig& c) { return c.scale_attn_norm; },
     "a norm before attention's projection"},
    {[](const VitConfig& c) { return c.mlp != MlpForm::kMlp; }, "SwiGLU"},
    {[](const VitConfig& c) { return c.scale_mlp_norm; },
     "a norm of the MLP's hidden channels"},
    {[](const VitConfig& c) { return c.pooling == Pooling::kAttention; },
     "attention pooling"},
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
  if (c.reg_tokens > 0)
    text += fmt::format(", {} register tokens", c.reg_tokens);
  if (!c.pos_embed) {
    text += ", no position embedding";
  } else if (c.no_embed_class) {
    text += ", no position embedding for prefix tokens";
  }
  for (const Form& form : kForms) {
    // Said above, or shorter than as what a teacher has.
    if (!form.has(c) || form.words == "attention pooling") continue;
    const bool article = form.words.starts_with("a ");
    text += fmt::format(", {}", form.words.substr(article ? 2 : 0));
  }
  if (!c.final_norm) text += ", no final norm";
  if (c.qkv == Qkv::kQvBias) text += ", q and v biases";
  if (c.qkv == Qkv::kSeparate) text += ", separate q, k, v";
  if (c.norm_eps != 1e-6) text += fmt::format(", eps {:g}", c.norm_eps);
  return text;
}

}  // namespace wsel::model
