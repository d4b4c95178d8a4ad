#include "wsel/calibrate/mark_solved.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <variant>

#include "wsel/core/error.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::calibrate {
namespace {

using model::Component;

bool IsHead(const model::ParameterSpec& p) {
  return p.component == Component::kHead;
}

bool Has(std::string_view name, std::string_view part) {
  return name.find(part) != std::string_view::npos;
}

// The last layer of a residual branch.
bool IsWriter(std::string_view name) {
  return Has(name, ".proj.") || Has(name, ".fc2.") || Has(name, "out_proj.");
}

bool IsPostNorm(const model::VitConfig* vit) {
  return vit != nullptr && vit->block == model::BlockForm::kPostNorm;
}

// Whether regression fits a norm, channel by channel.
bool IsFittedNorm(std::string_view name, const model::VitConfig* vit) {
  if (vit == nullptr) return name.starts_with("stem.");
  if (name.starts_with("norm_pre.") || name.starts_with("patch_embed.")) {
    return true;
  }
  return IsPostNorm(vit) && (Has(name, ".norm1.") || Has(name, ".norm2."));
}

// How regression changes a tensor that is taken; "": it does not. `vit` is null
// for a ConvNeXt.
std::string RegressionOf(const model::ParameterSpec& p,
                         const model::VitConfig* vit) {
  constexpr const char* kReads = "ridge regression onto the teacher's layer";
  const std::string_view name = p.spec.name;
  switch (p.component) {
    case Component::kAttention:
    case Component::kMlp:
      if (Has(name, ".grn.") || Has(name, "lambda_") ||
          name.ends_with("mlp_bias")) {
        return "";
      }
      return IsWriter(name) && !IsPostNorm(vit)
                 ? "ridge regression onto the teacher's stream"
                 : kReads;
    case Component::kAttnPool:
      return Has(name, ".kv.") || Has(name, ".proj.") || Has(name, ".mlp.")
                 ? kReads
                 : "";
    case Component::kDownsample:
    case Component::kPreLogits:
    case Component::kHead:
      return kReads;
    case Component::kLayerScale:
      return "its root mean square; the layer before it has the rest";
    case Component::kNorm:
      return IsFittedNorm(name, vit)
                 ? "fitted to the teacher's, channel by channel"
                 : "";
    default:
      return "";
  }
}

// Of the norms of a ViT those that no residual stream passes.
bool IsInnerNorm(std::string_view name) {
  return Has(name, ".attn.") || Has(name, ".mlp.");
}

std::string ProjectionOf(const model::ParameterSpec& p) {
  const std::string_view name = p.spec.name;
  if (IsHead(p)) return "the teacher's, in the basis of the stream";
  switch (p.component) {
    case Component::kPosEmbed:
      if (name == "rope.freqs") return "the teacher's, of the heads kept";
      [[fallthrough]];
    case Component::kPatchEmbed:
    case Component::kTokens:
      return "the teacher's, in the basis of the stream";
    case Component::kNorm:
      return IsInnerNorm(name)
                 ? "the teacher's, of the channels kept"
                 : "one scale; its weight and bias are in the layers that read "
                   "it";
    case Component::kLayerScale:
      return "the teacher's root mean square; the layer before it has the rest";
    case Component::kAttention:
      if (Has(name, "lambda_")) return "the teacher's";
      return IsWriter(name)
                 ? "ridge regression onto the teacher's stream"
                 : "in the basis of the stream, heads of the best low rank";
    default:
      return IsWriter(name)
                 ? "ridge regression onto the teacher's stream"
                 : "in the basis of the stream, the hidden channels that add "
                   "most";
  }
}

void RequireNoSkip(const select::Plan& plan) {
  if (plan.options.skip.empty()) return;
  throw Error(ErrorKind::kUsage, "skip",
              "cannot be combined with method {}, which computes each layer "
              "from those before it; leave it out, or use method activation",
              plan.options.method->name);
}

[[noreturn]] void Mismatch(std::string_view where, const std::string& message) {
  throw Error(ErrorKind::kMismatch, where, message);
}

// What of a ViT cannot be rotated, and why.
void RequireRotatable(const model::VitConfig& c) {
  if (c.block == model::BlockForm::kPostNorm) {
    Mismatch("block",
             "is 'post-norm': the norms of its branches weigh the channels of "
             "the stream one by one, so projection cannot rotate it; use "
             "regression");
  }
  if (c.block == model::BlockForm::kParallel) {
    Mismatch("block",
             "is 'parallel', which projection does not support: it computes "
             "attention and then the MLP; use regression");
  }
  if (c.embed_norm) {
    Mismatch("embed_norm",
             "weighs the channels of the stream one by one after the patch "
             "embedding, so projection cannot rotate it; use regression");
  }
  if (c.pooling == model::Pooling::kAttention) {
    Mismatch("pooling",
             "is 'map': attention pooling has a stream of its own, which "
             "projection does not support; use regression, or another pooling");
  }
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
  const bool whole = from.NeedsHeads() || from.scale_attn_norm;
  if (whole && to.HeadDim() != from.HeadDim()) {
    Mismatch("num_heads",
             fmt::format(
                 "the student's heads have {} channels, the teacher's {}; with "
                 "rotary positions, norms within attention or differential "
                 "attention projection keeps heads whole: use {} channels a "
                 "head, or regression",
                 to.HeadDim(), from.HeadDim(), from.HeadDim()));
  }
}

void RequireProjectable(const select::Plan& plan) {
  const auto& student = std::get<model::Config>(plan.student);
  const auto* to = std::get_if<model::VitConfig>(&student);
  if (to == nullptr) {
    throw Error(ErrorKind::kUsage, "method",
                "projection is only for ViT: the depthwise convolutions of a "
                "{} act on channels one by one, so its stream cannot be "
                "rotated; use regression",
                ArchitectureName(student));
  }
  if (plan.options.heads != select::Heads::kFlat) {
    throw Error(ErrorKind::kUsage, "heads",
                "is decided by method projection; leave it out");
  }
  const auto& from =
      std::get<model::VitConfig>(std::get<model::Config>(*plan.teacher));
  RequireRotatable(*to);
  RequireHeads(from, *to);
  if (const auto form = DifferentForm(from, *to); !form.empty()) {
    Mismatch(form,
             "is not the teacher's, and projection neither adds nor drops what "
             "it stands for; use regression");
  }
  if (to->embed_dim > from.embed_dim || to->MlpHidden() > from.MlpHidden()) {
    Mismatch("embed_dim", "the student is wider than its teacher");
  }
  if (to->embed_dim < 2) Mismatch("embed_dim", "must be at least 2");
}

// Regression fits the layers of a block in the order of its form.
void RequireSameBlocks(const select::Plan& plan) {
  const auto* to =
      std::get_if<model::VitConfig>(&std::get<model::Config>(plan.student));
  if (to == nullptr) return;
  const auto& from =
      std::get<model::VitConfig>(std::get<model::Config>(*plan.teacher));
  if (from.block == to->block) return;
  Mismatch("block",
           "is not the teacher's: their norms are in other places, so that no "
           "layer can be fitted to the teacher's; use method activation");
}

}  // namespace

void MarkSolved(select::Plan& plan) {
  RequireNoSkip(plan);
  const auto& student = std::get<model::Config>(plan.student);
  const auto parameters = ParameterSpecs(student);
  const auto* vit = std::get_if<model::VitConfig>(&student);
  const bool projects =
      plan.options.method->solve == select::Solve::kProjection;
  if (projects) {
    RequireProjectable(plan);
  } else {
    RequireSameBlocks(plan);
  }
  for (size_t i = 0; i < plan.entries.size(); ++i) {
    auto& source = plan.entries[i].source;
    if (projects) {
      const bool drawn = std::holds_alternative<select::Reinitialised>(source);
      if (drawn && IsHead(parameters[i])) continue;
      source = select::Computed{ProjectionOf(parameters[i])};
    } else if (auto* taken = std::get_if<select::Selected>(&source)) {
      taken->solved = RegressionOf(parameters[i], vit);
    }
  }
  if (projects) plan.sets.clear();
}

}  // namespace wsel::calibrate
