#include <fmt/format.h>

#include <algorithm>

#include "convnext.h"
#include "wsel/model/variants.h"

namespace wsel::model {
namespace {

void ReadPatchStem(const ShapeReader& read, ConvNextConfig& c) {
  const std::string name = "stem.0.weight";
  const Shape& shape = read.Get(name, 4);
  if (read.Has("stem.1.weight")) read.Get("stem.1.weight", 1);
  RequireShape(
      IsInChans(shape[1]) && shape[2] == shape[3] && shape[2] <= 4, name, shape,
      fmt::format("supported stems take images of {} to {} channels in square "
                  "patches of 1 to 4 pixels",
                  kInChans.low, kInChans.high));
  c.in_chans = shape[1];
  c.patch_size = shape[2];
}

// Two convolutions; c.dims is known.
void ReadOverlappingStem(const ShapeReader& read, ConvNextConfig& c) {
  const bool act = read.Has("stem.3.weight");
  const Shape& first = read.Get("stem.0.weight", 4);
  c.stem_type = act                     ? ConvNextStem::kOverlapAct
                : first[0] == c.dims[0] ? ConvNextStem::kOverlap
                                        : ConvNextStem::kOverlapTiered;
  const int64_t hidden = c.StemHidden();
  c.in_chans = first[1];
  RequireShape(IsInChans(first[1]) && first == Shape{hidden, first[1], 3, 3},
               "stem.0.weight", first,
               fmt::format("expected [{}, image channels, 3, 3] in an "
                           "overlapping stem of {} channels",
                           hidden, c.dims[0]));
  const std::string name = c.SecondStemConv() + ".weight";
  const Shape& second = read.Get(name, 4);
  RequireShape(second == Shape{c.dims[0], hidden, 3, 3}, name, second,
               fmt::format("expected [{}, {}, 3, 3] in an overlapping stem",
                           c.dims[0], hidden));
}

void ReadStem(const ShapeReader& read, ConvNextConfig& c) {
  if (read.Has("stem.2.weight") || read.Has("stem.3.weight")) {
    ReadOverlappingStem(read, c);
  } else {
    ReadPatchStem(read, c);
  }
}

void ReadStage(const ShapeReader& read, int stage, ConvNextConfig& c) {
  const std::string prefix = fmt::format("stages.{}.blocks.", stage);
  c.depths[stage] = read.CountBlocks(prefix);
  const std::string conv = prefix + "0.conv_dw.weight";
  const Shape& shape = read.Get(conv, 4);
  const int64_t kernel = shape[2];
  RequireShape(kernel % 2 == 1 && kernel <= kMaxConvNextKernel &&
                   shape == Shape{shape[0], 1, kernel, kernel},
               conv, shape,
               fmt::format("expected [width, 1, kernel, kernel] with an odd "
                           "kernel of at most {}",
                           kMaxConvNextKernel));
  c.dims[stage] = shape[0];
  c.kernel_sizes[stage] = kernel;
}

void ReadMlp(const ShapeReader& read, ConvNextConfig& c) {
  const std::string name = "stages.0.blocks.0.mlp.fc1.weight";
  c.conv_mlp = read.RankOf(name) == 4;
  const Shape& shape = read.Get(name, c.conv_mlp ? 4 : 2);
  const bool valid = shape[0] == 4 * c.dims[0] && shape[1] == c.dims[0] &&
                     (!c.conv_mlp || (shape[2] == 1 && shape[3] == 1));
  RequireShape(valid, name, shape,
               fmt::format("expected an MLP of {} channels with four times as "
                           "many hidden channels",
                           c.dims[0]));
}

void ReadHead(const ShapeReader& read, ConvNextConfig& c) {
  c.head_norm_first = read.Has("norm_pre.weight");
  c.num_classes = read.ClassesOf("head.fc.weight");
  if (read.Has("head.pre_logits.fc.weight")) {
    c.head_hidden_size = read.Get("head.pre_logits.fc.weight", 2)[0];
  }
}

// Clears what names and shapes do not determine, to compare the rest. A file
// without its classifier has no hidden layer before it either.
ConvNextConfig Visible(ConvNextConfig c) {
  const ConvNextConfig usual;
  c.name.clear();
  c.img_size = usual.img_size;
  c.num_classes = 0;
  c.in_chans = usual.in_chans;
  c.layer_scale = c.layer_scale > 0 ? 1 : 0;
  c.head_init_scale = usual.head_init_scale;
  c.norm_eps = usual.norm_eps;
  c.activation = usual.activation;
  c.head_hidden_size = 0;
  c.conv_mlp = false;  // a layout, no other weights
  if (c.norm_layer != ConvNextNorm::kLayerNorm) {
    c.norm_layer = ConvNextNorm::kRmsNorm;
  }
  return c;
}

// The variant with the same tensors, or null.
const ConvNextConfig* MatchingVariant(const ConvNextConfig& c) {
  for (const Variant& variant : Variants()) {
    const auto* known = std::get_if<ConvNextConfig>(&variant.config);
    if (known != nullptr && Visible(*known) == Visible(c)) return known;
  }
  return nullptr;
}

// What tensors do not show is that of the known model with these tensors; what
// is not usual is said.
void AssumeForward(const Hints& hints, std::vector<std::string>& assumptions,
                   ConvNextConfig& c) {
  const ConvNextConfig* like = MatchingVariant(c);
  const std::string as_in =
      like == nullptr ? "" : fmt::format(", as in {}", like->name);
  if (c.norm_layer != ConvNextNorm::kLayerNorm) {
    if (like != nullptr) c.norm_layer = like->norm_layer;
    assumptions.push_back(fmt::format(
        "{}{}: norms without bias may also be {}",
        c.norm_layer == ConvNextNorm::kRmsNorm ? "RMSNorm" : "SimpleNorm",
        as_in,
        c.norm_layer == ConvNextNorm::kRmsNorm ? "timm's SimpleNorm"
                                               : "RMSNorm"));
  }
  const ConvNextConfig usual;
  if (like != nullptr && like->norm_eps != usual.norm_eps) {
    c.norm_eps = like->norm_eps;
    if (!hints.norm_eps) {
      assumptions.push_back(fmt::format("eps {:g}{}", c.norm_eps, as_in));
    }
  }
  if (like != nullptr) c.activation = like->activation;
  if (hints.activation) {
    c.activation = *hints.activation;
  } else if (c.activation != usual.activation) {
    assumptions.push_back(fmt::format(
        "activation {}{}", NamesOf(c.activation).NameOf(c.activation), as_in));
  }
}

}  // namespace

bool LooksLikeConvNext(const ShapeReader& read) {
  return read.Has("stages.0.blocks.0.conv_dw.weight");
}

ConvNextConfig DetectConvNext(const ShapeReader& read, const Hints& hints,
                              std::vector<std::string>& assumptions) {
  ConvNextConfig c;
  for (int stage = 0; stage < 4; ++stage) ReadStage(read, stage, c);
  ReadStem(read, c);
  ReadMlp(read, c);
  ReadHead(read, c);
  const std::string norm = "stages.0.blocks.0.norm";
  if (read.Has(norm + ".weight") && !read.Has(norm + ".bias")) {
    c.norm_layer = ConvNextNorm::kRmsNorm;
  }
  assumptions.push_back(fmt::format("image size {}", c.img_size));
  if (read.Has("stages.0.blocks.0.gamma")) {
    assumptions.push_back(
        fmt::format("initial layer scale {:g}", c.layer_scale));
  } else {
    c.layer_scale = 0;
  }
  AssumeForward(hints, assumptions, c);
  return c;
}

}  // namespace wsel::model
