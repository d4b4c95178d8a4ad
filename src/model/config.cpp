#include "wsel/model/config.h"

#include <fmt/format.h>

#include "architecture.h"

namespace wsel::model {
namespace {

// A pointer to the member that `member` points to, if it points to any.
template <typename C, typename T>
T* PointerTo(C& config, T C::*member) {
  return member == nullptr ? nullptr : &(config.*member);
}
template <typename C, typename T>
const T* PointerTo(const C& config, T C::*member) {
  return member == nullptr ? nullptr : &(config.*member);
}

// Equal for architectures that are kin.
std::string_view KinKey(const Config& config) {
  return WithArchitecture(config, [](const auto& architecture, const auto&) {
    return architecture.kin.empty() ? architecture.key : architecture.kin;
  });
}

MlpForm MlpFormOf(const Config& config) {
  return WithArchitecture(config, [](const auto& architecture, const auto& c) {
    const MlpForm* form = PointerTo(c, architecture.mlp);
    return form == nullptr ? MlpForm::kMlp : *form;
  });
}

std::string_view TextOf(Activation activation) {
  switch (activation) {
    case Activation::kGelu:
      return "GELU";
    case Activation::kQuickGelu:
      return "QuickGELU";
    case Activation::kGeluTanh:
      return "GELU by tanh";
    case Activation::kRelu:
      return "ReLU";
    case Activation::kSilu:
      return "SiLU";
  }
  return "?";
}

struct Forward {
  double norm_eps;
  std::string_view activation;
};

Forward ForwardOf(Config config) {
  const ConfigFields fields = FieldsOf(config);
  return {fields.norm_eps,
          TextOf(fields.activation == nullptr ? Activation::kGelu
                                              : *fields.activation)};
}

}  // namespace

std::string_view ArchitectureName(const Config& config) {
  return WithArchitecture(config, [](const auto& architecture, const auto&) {
    return architecture.name;
  });
}

bool AreKin(const Config& a, const Config& b) { return KinKey(a) == KinKey(b); }

int64_t NumFeatures(const Config& config) {
  Config copy = config;
  return FieldsOf(copy).widths.back();
}

int64_t NumHeads(const Config& config) {
  Config copy = config;
  const int64_t* heads = FieldsOf(copy).num_heads;
  return heads == nullptr ? 0 : *heads;
}

bool HasPosEmbed(const Config& config) {
  return WithArchitecture(config, [](const auto& architecture, const auto& c) {
    const bool* pos_embed = PointerTo(c, architecture.pos_embed);
    return pos_embed != nullptr && *pos_embed;
  });
}

std::optional<Pooling> PoolingOf(const Config& config) {
  return WithArchitecture(config, [](const auto& architecture, const auto& c) {
    const Pooling* pooling = PointerTo(c, architecture.pooling);
    return pooling == nullptr ? std::nullopt : std::optional(*pooling);
  });
}

bool NeedsHeads(const Config& config) {
  return WithArchitecture(config, [](const auto& architecture, const auto& c) {
    return architecture.needs_heads != nullptr && architecture.needs_heads(c);
  });
}

bool HasFusedQkv(const Config& config) {
  const auto* vit = std::get_if<VitConfig>(&config);
  return vit != nullptr && vit->qkv == Qkv::kFused &&
         vit->block != BlockForm::kParallel;
}

bool FixesHeadDim(const Config& config) {
  const auto* vit = std::get_if<VitConfig>(&config);
  return vit != nullptr && vit->FixesHeadDim();
}

bool CanHaveHeads(const Config& config, int64_t width, int64_t heads) {
  return WithArchitecture(config, [&](const auto& architecture, const auto& c) {
    return architecture.can_have_heads == nullptr ||
           architecture.can_have_heads(c, width, heads);
  });
}

bool HaveSameMlp(const Config& a, const Config& b) {
  return MlpFormOf(a) == MlpFormOf(b);
}

std::vector<int64_t> StageDepths(const Config& config) {
  Config copy = config;
  const auto depths = FieldsOf(copy).depths;
  return {depths.begin(), depths.end()};
}

std::string Describe(const Config& config) {
  return WithArchitecture(config, [](const auto& architecture, const auto& c) {
    return architecture.describe(c);
  });
}

ConfigFields FieldsOf(Config& config) {
  return WithArchitecture(config, [](const auto& architecture, auto& c) {
    return ConfigFields{c.name,
                        c.img_size,
                        c.patch_size,
                        c.in_chans,
                        c.norm_eps,
                        architecture.depths(c),
                        architecture.widths(c),
                        PointerTo(c, architecture.num_heads),
                        PointerTo(c, architecture.activation),
                        PointerTo(c, architecture.conv_mlp)};
  });
}

Tokens TokensOf(const Config& config) {
  return WithArchitecture(config, [](const auto& architecture, const auto& c) {
    return architecture.tokens == nullptr ? Tokens() : architecture.tokens(c);
  });
}

std::vector<std::string_view> ForwardExtras(const Config& config) {
  return WithArchitecture(config, [](const auto& architecture, const auto& c) {
    return architecture.forward_extras == nullptr
               ? std::vector<std::string_view>()
               : architecture.forward_extras(c);
  });
}

std::string DescribeForward(const Config& config) {
  const Forward forward = ForwardOf(config);
  return fmt::format("LayerNorm eps {:g}, {}", forward.norm_eps,
                     forward.activation);
}

std::vector<std::string> ForwardDifferences(const Config& source,
                                            const Config& target) {
  std::vector<std::string> clauses;
  if (!AreKin(source, target)) return clauses;
  const Forward from = ForwardOf(source);
  const Forward to = ForwardOf(target);
  if (from.norm_eps != to.norm_eps) {
    clauses.push_back(fmt::format("LayerNorm eps {:g}, not {:g}", from.norm_eps,
                                  to.norm_eps));
  }
  if (from.activation != to.activation) {
    clauses.push_back(
        fmt::format("{}, not {}", from.activation, to.activation));
  }
  return clauses;
}

void Validate(const Config& config, std::string_view where) {
  const FieldChecker checker(where);
  WithArchitecture(config, [&](const auto& architecture, const auto& c) {
    VisitFields(architecture.fields, c,
                [&](const auto& field, const auto& value) {
                  checker.Check(field.key, value, field.range);
                });
    architecture.check(c, checker);
  });
}

}  // namespace wsel::model
