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

// How regression changes a tensor that is taken; "": it does not.
std::string RegressionOf(const model::ParameterSpec& p, bool vit) {
  const std::string_view name = p.spec.name;
  const bool writes = name.find(".proj.") != std::string_view::npos ||
                      name.find(".fc2.") != std::string_view::npos;
  switch (p.component) {
    case Component::kAttention:
    case Component::kMlp:
      if (name.find(".grn.") != std::string_view::npos) return "";
      return writes ? "ridge regression onto the teacher's stream"
                    : "ridge regression onto the teacher's layer";
    case Component::kDownsample:
    case Component::kPreLogits:
    case Component::kHead:
      return "ridge regression onto the teacher's layer";
    case Component::kLayerScale:
      return "its root mean square; the layer before it has the rest";
    case Component::kNorm:
      return name.starts_with(vit ? "norm_pre." : "stem.")
                 ? "fitted to the teacher's, channel by channel"
                 : "";
    default:
      return "";
  }
}

std::string ProjectionOf(const model::ParameterSpec& p) {
  const std::string_view name = p.spec.name;
  if (IsHead(p)) return "the teacher's, in the basis of the stream";
  switch (p.component) {
    case Component::kPatchEmbed:
    case Component::kPosEmbed:
    case Component::kTokens:
      return "the teacher's, in the basis of the stream";
    case Component::kNorm:
      return "one scale; its weight and bias are in the layers that read it";
    case Component::kLayerScale:
      return "the teacher's root mean square; the layer before it has the rest";
    case Component::kAttention:
      return name.find(".proj.") != std::string_view::npos
                 ? "ridge regression onto the teacher's stream"
                 : "in the basis of the stream, heads of the best low rank";
    default:
      return name.find(".fc2.") != std::string_view::npos
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
  if (to->num_heads > from.num_heads || to->HeadDim() > from.HeadDim()) {
    Mismatch("num_heads",
             fmt::format("the student has {} heads of {} channels, the teacher "
                         "{} of {}; projection keeps heads and lowers their "
                         "rank, so neither may be larger",
                         to->num_heads, to->HeadDim(), from.num_heads,
                         from.HeadDim()));
  }
  if (to->pre_norm != from.pre_norm) {
    Mismatch("pre_norm",
             "only one of teacher and student has a norm before the blocks, "
             "and projection cannot add or drop one; use regression");
  }
  if (to->embed_dim > from.embed_dim || to->MlpHidden() > from.MlpHidden()) {
    Mismatch("embed_dim", "the student is wider than its teacher");
  }
  if (to->embed_dim < 2) Mismatch("embed_dim", "must be at least 2");
}

}  // namespace

void MarkSolved(select::Plan& plan) {
  RequireNoSkip(plan);
  const auto& student = std::get<model::Config>(plan.student);
  const auto parameters = ParameterSpecs(student);
  const bool vit = std::holds_alternative<model::VitConfig>(student);
  const bool projects =
      plan.options.method->solve == select::Solve::kProjection;
  if (projects) RequireProjectable(plan);
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
