#include "wsel/calibrate/mark_solved.h"

#include <string>
#include <string_view>
#include <variant>

#include "projectable.h"
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

// Of differential attention: its factor depends on the block's number.
constexpr const char* kForPlace = "the teacher's, for the block's new number";

// How regression changes a tensor that is taken; "": it does not. `vit` is null
// for a ConvNeXt.
std::string RegressionOf(const model::ParameterSpec& p,
                         const model::VitConfig* vit) {
  constexpr const char* kReads = "ridge regression onto the teacher's layer";
  const std::string_view name = p.spec.name;
  switch (p.component) {
    case Component::kAttention:
    case Component::kMlp:
      if (Has(name, "lambda_")) return kForPlace;
      if (Has(name, ".grn.") || name.ends_with("mlp_bias")) return "";
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
      if (Has(name, "sub_norm.")) return kForPlace;
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
      if (Has(name, "sub_norm.")) return kForPlace;
      return IsInnerNorm(name)
                 ? "the teacher's, of the channels kept"
                 : "one scale; its weight and bias are in the layers that read "
                   "it";
    case Component::kLayerScale:
      return "the teacher's root mean square; the layer before it has the rest";
    case Component::kAttention:
      if (Has(name, "lambda_")) return kForPlace;
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

// Regression fits the layers of a block in the order of its form.
void RequireSameBlocks(const select::Plan& plan) {
  const auto* to =
      std::get_if<model::VitConfig>(&std::get<model::Config>(plan.student));
  if (to == nullptr) return;
  const auto& from =
      std::get<model::VitConfig>(std::get<model::Config>(*plan.teacher));
  if (from.block == to->block) return;
  throw Error(ErrorKind::kMismatch, "block",
              "is not the teacher's: their norms are in other places, so that "
              "no layer can be fitted to the teacher's; use method activation");
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
