// ConvNeXt V2, by what differs from ConvNeXt.
#include <fmt/format.h>

#include "architecture.h"
#include "convnext.h"
#include "timm_init.h"

namespace wsel::model {
namespace {

using V2 = ConvNextV2Config;

constexpr bool kRare = true;

constexpr Field<V2> kFields[] = {
    {"name", &V2::name},
    {"img_size", &V2::img_size, kSize},
    {"patch_size", &V2::patch_size, {1, 4}},
    // The MLP is four times as wide, which must be a valid size too.
    {"dims", &V2::dims, {1, kMaxSize / 4}},
    {"depths", &V2::depths, kDepth},
    {"num_classes", &V2::num_classes, kCount},
    {"conv_mlp", &V2::conv_mlp},
    {"norm_eps", &V2::norm_eps, kPositive},
    {"in_chans", &V2::in_chans, kInChans, kRare},
};

constexpr UnsupportedPart kUnsupported[] = {
    {".gamma", "layer scale beside GRN"},
    {"norm_pre.", "a norm before pooling beside GRN"},
    {"head.pre_logits.", "a hidden layer in the head beside GRN"},
    {"stem.2.", "an overlapping stem beside GRN"},
};

// GRN's weight and bias, of the MLP's hidden channels, follow fc1.
std::vector<ParameterSpec> Specs(const V2& c) {
  constexpr std::string_view kFc1Bias = "mlp.fc1.bias";
  std::vector<ParameterSpec> out;
  for (const ParameterSpec& parameter :
       ConvNextParameterSpecs(c.WithoutGrn())) {
    out.push_back(parameter);
    if (!parameter.key.ends_with(kFc1Bias)) continue;
    for (const char* name : {"mlp.grn.weight", "mlp.grn.bias"}) {
      ParameterSpec grn = parameter;
      for (std::string* text : {&grn.spec.name, &grn.key}) {
        text->replace(text->size() - kFc1Bias.size(), kFc1Bias.size(), name);
      }
      out.push_back(std::move(grn));
    }
  }
  return out;
}

// GRN begins as the identity.
Init TimmInit(const V2& /*config*/, const ParameterSpec& parameter) {
  const bool is_matrix =
      IsWeight(parameter) && parameter.spec.shape.size() >= 2;
  return is_matrix ? TruncNormal(kStd, kTimmBound) : Constant(0);
}

// "convnext_..." -> "convnextv2_...", "ConvNeXt: ..." -> "ConvNeXt V2: ..."
std::string AsV2(std::string text, std::string_view v1, std::string_view v2) {
  return text.replace(0, v1.size(), v2);
}

void AddVariants(std::vector<Variant>& out) {
  constexpr std::array<int64_t, 4> kSmallest = {2, 2, 6, 2};
  constexpr std::array<int64_t, 4> kDeep = {3, 3, 27, 3};
  const auto add = [&](std::string_view name, std::string_view letter,
                       int64_t width, const std::array<int64_t, 4>& depths,
                       bool conv_mlp = false) {
    V2 c;
    c.name = fmt::format("convnextv2_{}", name);
    c.dims = {width, 2 * width, 4 * width, 8 * width};
    c.depths = depths;
    c.conv_mlp = conv_mlp;
    out.push_back({c, {fmt::format("ConvNeXtV2-{}", letter)}});
  };
  add("atto", "A", 40, kSmallest, true);
  add("femto", "F", 48, kSmallest, true);
  add("pico", "P", 64, kSmallest, true);
  add("nano", "N", 80, {2, 2, 8, 2}, true);
  add("tiny", "T", 96, {3, 3, 9, 3});
  add("small", "S", 96, kDeep);
  add("base", "B", 128, kDeep);
  add("large", "L", 192, kDeep);
  add("huge", "H", 352, kDeep);
}

V2 Detect(const ShapeReader& read, const Hints& hints,
          std::vector<std::string>& assumptions) {
  const ConvNextConfig c = DetectConvNext(read, hints, assumptions);
  V2 v2 = {.name = c.name,
           .img_size = c.img_size,
           .patch_size = c.patch_size,
           .dims = c.dims,
           .depths = c.depths,
           .num_classes = c.num_classes,
           .conv_mlp = c.conv_mlp,
           .norm_eps = c.norm_eps,
           .in_chans = c.in_chans};
  ConvNextConfig supported = v2.WithoutGrn();
  supported.activation = c.activation;  // one that a hint says
  if (c != supported) {
    ThrowMismatch("stages.0.blocks.0.mlp.grn.weight",
                  "is beside norms without bias or kernels other than 7 x 7; "
                  "GRN is only supported in ConvNeXt V2's own form");
  }
  return v2;
}

}  // namespace

constinit const Architecture<ConvNextV2Config> kConvNextV2 = {
    .key = "convnextv2",
    .name = "ConvNeXt V2",
    .kin = "convnext",
    .fields = kFields,
    .check = [](const V2&, const FieldChecker&) {},
    .depths = [](V2& c) { return std::span<int64_t>(c.depths); },
    .widths = [](V2& c) { return std::span<int64_t>(c.dims); },
    .conv_mlp = &V2::conv_mlp,
    .forward_extras =
        [](const V2&) {
          return std::vector<std::string_view>{
              "GRN (global response normalisation)"};
        },
    .add_variants = AddVariants,
    .name_by_sizes =
        [](const V2& c) {
          return AsV2(kConvNext.name_by_sizes(c.WithoutGrn()), "convnext",
                      "convnextv2");
        },
    .describe =
        [](const V2& c) {
          return AsV2(kConvNext.describe(c.WithoutGrn()), "ConvNeXt",
                      "ConvNeXt V2");
        },
    .parameter_specs = Specs,
    .block_name = "stages.{0}.blocks.{1}",
    .branches_per_block = [](const ConvNextV2Config&) -> int64_t { return 1; },
    // torch.utils.flop_counter does not count GRN.
    .flops = [](const V2& c) { return kConvNext.flops(c.WithoutGrn()); },
    .saved_values =
        [](const V2& c) {
          // 13 values per channel, and the hidden layer twice more for GRN.
          return kConvNext.saved_values(c.WithoutGrn()) / 13 * 21;
        },
    .timm_init = TimmInit,
    .recognises =
        [](const ShapeReader& read) {
          return LooksLikeConvNext(read) &&
                 read.Has("stages.0.blocks.0.mlp.grn.weight");
        },
    .unsupported = kUnsupported,
    .detect = Detect,
};

}  // namespace wsel::model
