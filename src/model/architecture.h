// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "field.h"
#include "shape_reader.h"
#include "wsel/model/config.h"
#include "wsel/model/detect.h"
#include "wsel/model/init.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/model/variants.h"

namespace wsel::model {

// Floating-point operations of [rows, inner] x [inner, columns]. In double:
// exact below 2^53, and no overflow for the largest valid model.
inline double MatMul(double rows, double inner, double columns) {
  return 2 * rows * inner * columns;
}

// All that this room knows of the architecture with the config C. Its modules
// are registered in src/nn/networks.h, its names in other libraries in
// src/naming/library_names.h.
template <typename C>
struct Architecture {
  std::string_view key;   // of "family" in JSON
  std::string_view name;  // in messages
  // The key of the architecture that this one's weights can be selected from,
  // and the reverse; "": none but its own.
  std::string_view kin = "";
  std::span<const Field<C>> fields;
  // Errors that involve several fields, after each has been checked by itself.
  void (*check)(const C& config, const FieldChecker& checker);

  // Fields that every architecture has under its own name, and those that only
  // some have.
  std::span<int64_t> (*depths)(C& config);
  std::span<int64_t> (*widths)(C& config);
  int64_t C::*num_heads = nullptr;
  Activation C::*activation = nullptr;
  bool C::*conv_mlp = nullptr;
  MlpForm C::*mlp = nullptr;     // null: kMlp
  bool C::*pos_embed = nullptr;  // null: no learnt positions
  Pooling C::*pooling = nullptr;
  bool (*needs_heads)(const C& config) = nullptr;  // null: false
  bool (*can_have_heads)(const C& config, int64_t width,
                         int64_t heads) = nullptr;  // null: true
  double C::*layer_scale = nullptr;
  Tokens (*tokens)(const C& config) = nullptr;
  std::vector<std::string_view> (*forward_extras)(const C& config) = nullptr;

  void (*add_variants)(std::vector<Variant>& out);
  std::string (*name_by_sizes)(const C& config);
  std::string (*describe)(const C& config);

  std::vector<ParameterSpec> (*parameter_specs)(const C& config);
  // Of a block, a format of the stage's and the block's number.
  std::string_view block_name;
  // Residual branches that drop path drops.
  int64_t (*branches_per_block)(const C& config);
  double (*flops)(const C& config);
  // float32 values that one image's forward pass saves for the backward pass.
  int64_t (*saved_values)(const C& config);

  // All parameters but norms and layer scale.
  Init (*timm_init)(const C& config, const ParameterSpec& parameter);
  // The initial weight of a norm; null: 1.
  double (*norm_weight)(const C& config,
                        const ParameterSpec& parameter) = nullptr;
  // Those that differ from timm_init; null: mimetic is for other architectures.
  std::optional<Init> (*mimetic_init)(const C& config,
                                      const ParameterSpec& parameter) = nullptr;

  // Whether these are the tensors of such a model, perhaps an unsupported one.
  bool (*recognises)(const ShapeReader& read);
  // Beside what no architecture supports (detect.cpp).
  std::span<const UnsupportedPart> unsupported = {};
  // The config of a checkpoint, but for its name. Errors: kMismatch.
  C(*detect)
  (const ShapeReader& read, const Hints& hints,
   std::vector<std::string>& assumptions);
};

extern const Architecture<VitConfig> kVit;
extern const Architecture<ConvNextConfig> kConvNext;
extern const Architecture<ConvNextV2Config> kConvNextV2;

// All architectures, in the order in which `wsel models` lists them.
inline constexpr std::tuple<const Architecture<VitConfig>&,
                            const Architecture<ConvNextConfig>&,
                            const Architecture<ConvNextV2Config>&>
    kArchitectures = {kVit, kConvNext, kConvNextV2};

// Calls f(architecture, config) with the config as its own type.
template <typename AnyConfig, typename F>
decltype(auto) WithArchitecture(AnyConfig& config, const F& f) {
  return std::visit(
      [&]<typename C>(C& c) -> decltype(auto) {
        using Descriptor = const Architecture<std::remove_const_t<C>>&;
        return f(std::get<Descriptor>(kArchitectures), c);
      },
      config);
}

template <typename F>
void ForEachArchitecture(const F& f) {
  std::apply([&](const auto&... each) { (f(each), ...); }, kArchitectures);
}

}  // namespace wsel::model
