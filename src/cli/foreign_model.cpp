#include "wsel/cli/foreign_model.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "wsel/cli/use_of_weights.h"
#include "wsel/core/error.h"

namespace wsel::cli {
namespace {

using naming::Naming;

void RefuseIf(bool differs, const model::Config& config, Naming naming,
              std::string_view what) {
  if (!differs) return;
  throw Error(ErrorKind::kMismatch, NameOf(config),
              fmt::format("{}, which no model under the names of --naming {} "
                          "does; --naming timm keeps it",
                          what, naming::Namings().NameOf(naming)));
}

void Require(const model::Config& config, const model::VitConfig& c,
             Naming naming) {
  RefuseIf(!c.class_token, config, naming, "has no class token");
  RefuseIf(c.pooling != model::Pooling::kToken, config, naming,
           "averages its patches");
  RefuseIf(c.no_embed_class, config, naming,
           "gives its class token no position");
  const bool biased = naming == Naming::kTorchvision || c.pre_norm;
  RefuseIf(biased && !c.qkv_bias, config, naming,
           "has no bias in query, key and value");
}

void Require(const model::Config& config, const model::ConvNextConfig& c,
             Naming naming) {
  const bool hf = naming == Naming::kHuggingFace;
  RefuseIf(hf ? c.patch_size == 2 : c.patch_size != 4, config, naming,
           fmt::format("has patches of {} pixels", c.patch_size));
  RefuseIf(naming == Naming::kTorchvision && c.layer_scale == 0, config, naming,
           "has no layer scale");
}

// The model that the library would compute with the same weights.
model::Config AsThere(model::Config config, Naming naming) {
  auto* vit = std::get_if<model::VitConfig>(&config);
  // What config.json can say.
  if (vit != nullptr && naming == Naming::kHuggingFace) return config;
  if (vit != nullptr) vit->activation = model::Activation::kGelu;
  std::visit([](auto& c) { c.norm_eps = 1e-6; }, config);
  return config;
}

}  // namespace

void RequireForeignModel(const model::Config& config, Naming naming) {
  if (naming == Naming::kTimm) return;
  std::visit([&](const auto& c) { Require(config, c, naming); }, config);
  for (const auto& clause : OtherUses(config, AsThere(config, naming))) {
    spdlog::warn("these weights want {}, as {}'s model has", clause,
                 naming::Namings().NameOf(naming));
  }
}

}  // namespace wsel::cli
