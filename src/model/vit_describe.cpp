#include <fmt/format.h>

#include "vit.h"
#include "vit_forms.h"

namespace wsel::model {
namespace {

std::string_view WordsOf(Pooling pooling) {
  if (pooling == Pooling::kToken) return "";
  return pooling == Pooling::kAttention ? ", attention pooling"
                                        : ", average pooling";
}

}  // namespace

std::vector<std::string_view> VitForwardExtras(const VitConfig& c) {
  std::vector<std::string_view> extras;
  for (const VitForm& form : kVitForms) {
    if (form.is_extra && form.has(c)) extras.push_back(form.words);
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
  for (const std::string_view extra : VitForwardExtras(c)) {
    if (extra == "attention pooling") continue;  // said above
    // Shorter than as what a teacher has.
    text += fmt::format(", {}", extra.substr(extra.starts_with("a ") ? 2 : 0));
  }
  if (!c.final_norm) text += ", no final norm";
  if (c.qkv == Qkv::kQvBias) text += ", q and v biases";
  if (c.qkv == Qkv::kSeparate) text += ", separate q, k, v";
  if (c.norm_eps != 1e-6) text += fmt::format(", eps {:g}", c.norm_eps);
  return text;
}

}  // namespace wsel::model
