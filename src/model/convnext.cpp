#include "convnext.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "architecture.h"
#include "timm_init.h"

namespace wsel::model {
namespace {

constexpr bool kRare = true;

constexpr Field<ConvNextConfig> kFields[] = {
    {"name", &ConvNextConfig::name},
    {"img_size", &ConvNextConfig::img_size, kSize},
    {"patch_size", &ConvNextConfig::patch_size, {1, 4}},
    // The MLP is four times as wide, which must be a valid size too.
    {"dims", &ConvNextConfig::dims, {1, kMaxSize / 4}},
    {"depths", &ConvNextConfig::depths, kDepth},
    {"num_classes", &ConvNextConfig::num_classes, kCount},
    {"conv_mlp", &ConvNextConfig::conv_mlp},
    {"head_norm_first", &ConvNextConfig::head_norm_first},
    {"layer_scale", &ConvNextConfig::layer_scale, kNotNegative},
    {"head_init_scale", &ConvNextConfig::head_init_scale, kPositive},
    {"norm_eps", &ConvNextConfig::norm_eps, kPositive},
    {"stem_type", &ConvNextConfig::stem_type, {}, kRare},
    {"norm_layer", &ConvNextConfig::norm_layer, {}, kRare},
    {"activation", &ConvNextConfig::activation, {}, kRare},
    {"kernel_sizes",
     &ConvNextConfig::kernel_sizes,
     {1, kMaxConvNextKernel},
     kRare},
    {"head_hidden_size", &ConvNextConfig::head_hidden_size, kCount, kRare},
    {"in_chans", &ConvNextConfig::in_chans, kInChans, kRare},
};

constexpr UnsupportedPart kUnsupported[] = {
    {".grn.", "global response normalisation (ConvNeXt V2)"},
};

void Check(const ConvNextConfig& c, const FieldChecker& checker) {
  checker.Require(!c.HasOverlappingStem() || c.patch_size == 4, "patch_size",
                  "is {}, but an overlapping stem (stem_type) has stride 4",
                  c.patch_size);
  for (const int64_t kernel : c.kernel_sizes) {
    checker.Require(kernel % 2 == 1, "kernel_sizes", "has {}, which is not odd",
                    kernel);
  }
  checker.Require(c.head_hidden_size == 0 || !c.head_norm_first,
                  "head_hidden_size",
                  "is {}; with head_norm_first there is no hidden layer",
                  c.head_hidden_size);
}

Init TimmInit(const ConvNextConfig& config, const ParameterSpec& parameter) {
  if (!IsWeight(parameter)) return Constant(0);
  const bool in_head = parameter.component == Component::kHead ||
                       parameter.component == Component::kPreLogits;
  const double scale = in_head ? config.head_init_scale : 1;
  return TruncNormal(kStd * scale, kTimmBound * scale);
}

std::string NameBySizes(const ConvNextConfig& c) {
  return fmt::format("convnext_d{}_l{}", fmt::join(c.dims, "-"),
                     fmt::join(c.depths, "-"));
}

std::vector<std::string_view> Extras(const ConvNextConfig& c) {
  std::vector<std::string_view> extras;
  if (c.layer_scale != 0) extras.emplace_back("layer scale");
  if (c.norm_layer == ConvNextNorm::kRmsNorm) extras.emplace_back("RMSNorm");
  if (c.norm_layer == ConvNextNorm::kSimpleNorm) {
    extras.emplace_back("SimpleNorm");
  }
  if (c.head_hidden_size > 0) {
    extras.emplace_back("a hidden layer before the classifier");
  }
  return extras;
}

std::string DescribeConvNext(const ConvNextConfig& c) {
  std::string text =
      fmt::format("ConvNeXt: widths {}, depths {}, patch {}, {} classes",
                  fmt::join(c.dims, "/"), fmt::join(c.depths, "/"),
                  c.patch_size, c.num_classes);
  if (c.HasOverlappingStem()) {
    text += fmt::format(", stem {}", NamesOf(c.stem_type).NameOf(c.stem_type));
  }
  if (c.norm_layer != ConvNextNorm::kLayerNorm) {
    text += fmt::format(", {}", NamesOf(c.norm_layer).NameOf(c.norm_layer));
  }
  if (c.kernel_sizes != ConvNextConfig().kernel_sizes) {
    text += fmt::format(", kernels {}", fmt::join(c.kernel_sizes, "/"));
  }
  if (c.activation != Activation::kGelu) {
    text += fmt::format(", {}", NamesOf(c.activation).NameOf(c.activation));
  }
  if (c.norm_eps != 1e-6) text += fmt::format(", eps {:g}", c.norm_eps);
  if (c.head_norm_first) text += ", norm before pooling";
  if (c.head_hidden_size > 0) {
    text += fmt::format(", {} hidden channels before the classifier",
                        c.head_hidden_size);
  }
  return text + DescribeInChans(c.in_chans);
}

// The sides of a feature map.
struct MapSize {
  double height;
  double width;

  double Area() const { return height * width; }
  // What a stride of `by` leaves.
  MapSize Floor(double by) const {
    return {std::floor(height / by), std::floor(width / by)};
  }
  MapSize CeilHalf() const {
    return {std::ceil(height / 2), std::ceil(width / 2)};
  }
};

// Of the stem; sets `map` to that of its output.
double StemFlops(const ConvNextConfig& c, double width, MapSize& map) {
  const auto patch = static_cast<double>(c.patch_size);
  const auto in = static_cast<double>(c.in_chans);
  if (!c.HasOverlappingStem()) {
    map = map.Floor(patch);
    return MatMul(map.Area(), in * patch * patch, width);
  }
  const auto hidden = static_cast<double>(c.StemHidden());
  map = map.CeilHalf();
  const double first = MatMul(map.Area(), in * 9, hidden);
  map = map.CeilHalf();
  return first + MatMul(map.Area(), 9 * hidden, width);
}

double HeadFlops(const ConvNextConfig& c, double width) {
  const auto classes = static_cast<double>(c.num_classes);
  if (c.head_hidden_size == 0) return MatMul(1, width, classes);
  const auto hidden = static_cast<double>(c.head_hidden_size);
  return MatMul(1, width, hidden) + MatMul(1, hidden, classes);
}

double Flops(const ConvNextConfig& c) {
  std::array<double, 4> widths{};
  std::copy(c.dims.begin(), c.dims.end(), widths.begin());
  MapSize map = {static_cast<double>(c.img_size.height),
                 static_cast<double>(c.img_size.width)};
  double flops = StemFlops(c, widths[0], map);
  for (size_t s = 0; s < widths.size(); ++s) {
    const double width = widths[s];
    if (s > 0 || c.patch_size == 2) {
      map = map.Floor(2);
      flops += MatMul(map.Area(), 4 * widths[s > 0 ? s - 1 : 0], width);
    }
    const auto kernel = static_cast<double>(c.kernel_sizes[s]);
    const double block =
        MatMul(map.Area(), kernel * kernel, width) +  // conv_dw
        2 * MatMul(map.Area(), width, 4 * width);     // MLP
    flops += static_cast<double>(c.depths[s]) * block;
  }
  return flops + HeadFlops(c, widths[3]);
}

int64_t SavedValues(const ConvNextConfig& c) {
  // Per position and channel of a block: outputs of the depthwise convolution
  // and the norm, hidden layer twice, output.
  constexpr int64_t kPerChannel = 13;
  int64_t sum = 0;
  int64_t rows = std::max<int64_t>(c.img_size.height / c.patch_size, 1);
  int64_t columns = std::max<int64_t>(c.img_size.width / c.patch_size, 1);
  for (size_t stage = 0; stage < 4; ++stage) {
    if (stage > 0 || c.patch_size == 2) {
      rows = std::max<int64_t>(rows / 2, 1);
      columns = std::max<int64_t>(columns / 2, 1);
    }
    sum += c.depths[stage] * rows * columns * c.dims[stage] * kPerChannel;
  }
  return sum;
}

}  // namespace

constinit const Architecture<ConvNextConfig> kConvNext = {
    .key = "convnext",
    .name = "ConvNeXt",
    .fields = kFields,
    .check = Check,
    .depths = [](ConvNextConfig& c) { return std::span<int64_t>(c.depths); },
    .widths = [](ConvNextConfig& c) { return std::span<int64_t>(c.dims); },
    .activation = &ConvNextConfig::activation,
    .conv_mlp = &ConvNextConfig::conv_mlp,
    .layer_scale = &ConvNextConfig::layer_scale,
    .forward_extras = Extras,
    .add_variants = AddConvNextVariants,
    .name_by_sizes = NameBySizes,
    .describe = DescribeConvNext,
    .parameter_specs = ConvNextParameterSpecs,
    .block_name = "stages.{0}.blocks.{1}",
    .branches_per_block = [](const ConvNextConfig&) -> int64_t { return 1; },
    .flops = Flops,
    .saved_values = SavedValues,
    .timm_init = TimmInit,
    .recognises = LooksLikeConvNext,
    .unsupported = kUnsupported,
    .detect = DetectConvNext,
};

}  // namespace wsel::model
