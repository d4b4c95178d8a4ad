#include "export_support.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "wsel/core/error.h"
#include "wsel/pretrained/forward_differences.h"

namespace wsel::cli {
namespace {

using naming::Naming;

void FailIf(bool differs, const model::Config& config, Naming naming,
            std::string_view what) {
  if (!differs) return;
  throw Error(ErrorKind::kMismatch, NameOf(config),
              fmt::format("{}, which --naming {} cannot express; --naming timm "
                          "can",
                          what, naming::Namings().NameOf(naming)));
}

void Require(const model::Config& config, const model::VitConfig& c,
             Naming naming) {
  FailIf(!c.class_token, config, naming, "has no class token");
  FailIf(c.pooling != model::Pooling::kToken, config, naming,
         "uses average pooling");
  FailIf(c.no_embed_class, config, naming,
         "has no position embedding for its class token");
  const bool biased = naming == Naming::kTorchvision || c.pre_norm;
  FailIf(biased && !c.qkv_bias, config, naming, "has no qkv bias");
}

void Require(const model::Config& config, const model::ConvNextConfig& c,
             Naming naming) {
  const bool hf = naming == Naming::kHuggingFace;
  FailIf(hf ? c.patch_size == 2 : c.patch_size != 4, config, naming,
         fmt::format("has patches of {} pixels", c.patch_size));
  FailIf(naming == Naming::kTorchvision && c.layer_scale == 0, config, naming,
         "has no layer scale");
}

// The config with which the library would run the same weights.
model::Config AsExported(model::Config config, Naming naming) {
  auto* vit = std::get_if<model::VitConfig>(&config);
  // config.json has fields for both.
  if (vit != nullptr && naming == Naming::kHuggingFace) return config;
  if (vit != nullptr) vit->activation = model::Activation::kGelu;
  std::visit([](auto& c) { c.norm_eps = 1e-6; }, config);
  return config;
}

}  // namespace

void RequireExportable(const model::Config& config, Naming naming) {
  if (naming == Naming::kTimm) return;
  std::visit([&](const auto& c) { Require(config, c, naming); }, config);
  for (const auto& clause :
       pretrained::ForwardDifferences(config, AsExported(config, naming))) {
    spdlog::warn("the weights were trained with {} as in the {} model", clause,
                 naming::Namings().NameOf(naming));
  }
}

}  // namespace wsel::cli
