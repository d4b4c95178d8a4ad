#include <fmt/format.h>

#include "convnext.h"

namespace wsel::model {
namespace {

void ReadStem(const ShapeReader& read, ConvNextConfig& c) {
  const std::string name = "stem.0.weight";
  const Shape& shape = read.Get(name, 4);
  for (const char* other : {"stem.2.weight", "stem.3.weight"}) {
    if (!read.Has(other)) continue;
    ThrowMismatch(other, "belongs to an unsupported, overlapping stem");
  }
  if (read.Has("stem.1.weight")) read.Get("stem.1.weight", 1);
  RequireShape(
      shape[1] == 3 && shape[2] == shape[3] && shape[2] <= 4, name, shape,
      "supported stems take RGB images in square patches of 1 to 4 pixels");
  c.patch_size = shape[2];
}

void ReadStage(const ShapeReader& read, int stage, ConvNextConfig& c) {
  const std::string prefix = fmt::format("stages.{}.blocks.", stage);
  read.RequireLayerNorm(prefix + "0.norm");
  c.depths[stage] = read.CountBlocks(prefix);
  const std::string conv = prefix + "0.conv_dw.weight";
  const Shape& shape = read.Get(conv, 4);
  RequireShape(shape == Shape{shape[0], 1, 7, 7}, conv, shape,
               "expected [width, 1, 7, 7]");
  c.dims[stage] = shape[0];
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

}  // namespace

bool LooksLikeConvNext(const ShapeReader& read) {
  return read.Has("stages.0.blocks.0.conv_dw.weight");
}

ConvNextConfig DetectConvNext(const ShapeReader& read, const Hints& /*hints*/,
                              std::vector<std::string>& assumptions) {
  ConvNextConfig c;
  ReadStem(read, c);
  for (int stage = 0; stage < 4; ++stage) ReadStage(read, stage, c);
  ReadMlp(read, c);
  c.head_norm_first = read.Has("norm_pre.weight");
  c.num_classes = read.ClassesOf("head.fc.weight");
  assumptions.push_back(fmt::format("image size {}", c.img_size));
  if (read.Has("stages.0.blocks.0.gamma")) {
    assumptions.push_back(
        fmt::format("initial layer scale {:g}", c.layer_scale));
  } else {
    c.layer_scale = 0;
  }
  return c;
}

}  // namespace wsel::model
