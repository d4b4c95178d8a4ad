#include "vit_projectable.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <variant>

#include "wsel/core/error.h"

namespace wsel::calibrate {
namespace {

[[noreturn]] void Mismatch(std::string_view where, const std::string& message) {
  throw Error(ErrorKind::kMismatch, where, message);
}

// What of a ViT's stream cannot be rotated, and why; `role`: "teacher".
void RequireRotatable(const model::VitConfig& c, std::string_view role) {
  if (IsPostNorm(c)) {
    Mismatch("block",
             fmt::format("of the {} is 'post-norm': the norms of its branches "
                         "weigh the channels of the stream one by one, so "
                         "projection cannot rotate it; use regression",
                         role));
  }
  if (c.block == model::BlockForm::kParallel) {
    Mismatch("block",
             fmt::format("of the {} is 'parallel', which projection does not "
                         "support: it computes attention and then the MLP; use "
                         "regression",
                         role));
  }
  if (c.embed_norm) {
    Mismatch("embed_norm",
             fmt::format("of the {} weighs the channels of the stream one by "
                         "one after the patch embedding, so projection cannot "
                         "rotate it; use regression",
                         role));
  }
}

void RequireNoAttentionPooling(const model::VitConfig& student) {
  if (student.pooling != model::Pooling::kAttention) return;
  Mismatch("pooling",
           "is 'map': attention pooling has a stream of its own, which "
           "projection does not support; use regression, or another pooling");
}

// The first form in which two ViTs differ that projection keeps; "": none.
std::string_view DifferentForm(const model::VitConfig& a,
                               const model::VitConfig& b) {
  if (a.pre_norm != b.pre_norm) return "pre_norm";
  if (a.norm != b.norm) return "norm";
  if (a.final_norm != b.final_norm) return "final_norm";
  if (a.pos_embed != b.pos_embed) return "pos_embed";
  if (a.qkv != b.qkv) return "qkv";
  if (a.qk_norm != b.qk_norm) return "qk_norm";
  if (a.diff_attn != b.diff_attn) return "diff_attn";
  if (a.scale_attn_norm != b.scale_attn_norm) return "scale_attn_norm";
  if (a.scale_mlp_norm != b.scale_mlp_norm) return "scale_mlp_norm";
  if (a.rope != b.rope) return "rope";
  if (a.rope == model::Rope::kNone) return "";
  if (a.rope_temperature != b.rope_temperature) return "rope_temperature";
  if (a.rope_grid_offset != b.rope_grid_offset) return "rope_grid_offset";
  if (a.rope_xy != b.rope_xy) return "rope_xy";
  if (a.rope_ref_grid != b.rope_ref_grid) return "rope_ref_grid";
  return a.rope_rotate_half != b.rope_rotate_half ? "rope_rotate_half" : "";
}

void RequireHeads(const model::VitConfig& from, const model::VitConfig& to) {
  if (to.num_heads > from.num_heads || to.HeadDim() > from.HeadDim()) {
    Mismatch("num_heads",
             fmt::format("the student has {} heads of {} channels, the teacher "
                         "{} of {}; projection keeps heads and lowers their "
                         "rank, so neither may be larger",
                         to.num_heads, to.HeadDim(), from.num_heads,
                         from.HeadDim()));
  }
  if (NeedsWholeHeads(from) && to.HeadDim() != from.HeadDim()) {
    Mismatch("num_heads",
             fmt::format(
                 "the student's heads have {} channels, the teacher's {}; with "
                 "rotary positions, norms within attention or differential "
                 "attention projection keeps heads whole: use {} channels a "
                 "head, or regression",
                 to.HeadDim(), from.HeadDim(), from.HeadDim()));
  }
}

}  // namespace

bool NeedsWholeHeads(const model::VitConfig& teacher) {
  return teacher.NeedsHeads() || teacher.scale_attn_norm;
}

void RequireProjectable(const select::Plan& plan) {
  const auto& student = std::get<model::Config>(plan.student);
  const auto& to = std::get<model::VitConfig>(student);
  if (plan.options.heads != select::Heads::kFlat) {
    throw Error(ErrorKind::kUsage, "heads",
                "is decided by method projection; leave it out");
  }
  const auto& from =
      std::get<model::VitConfig>(std::get<model::Config>(*plan.teacher));
  RequireRotatable(from, "teacher");
  RequireRotatable(to, "student");
  RequireNoAttentionPooling(to);
  RequireHeads(from, to);
  if (const auto form = DifferentForm(from, to); !form.empty()) {
    Mismatch(form,
             "is not the teacher's, and projection neither adds nor drops what "
             "it stands for; use regression");
  }
  if (to.embed_dim > from.embed_dim || to.MlpHidden() > from.MlpHidden()) {
    Mismatch("embed_dim", "the student is wider than its teacher");
  }
  if (to.embed_dim < 2) Mismatch("embed_dim", "must be at least 2");
}

}  // namespace wsel::calibrate
