// Meta's ConvNeXt, as its authors published it.
#include <fmt/format.h>

#include "source_table.h"

namespace wsel::naming {
namespace {

std::vector<Row> ConvNextRows() {
  Rows rows;
  rows.Layer("downsample_layers.0.0", "stem.0")
      .Layer("downsample_layers.0.1", "stem.1");
  for (int stage = 1; stage < 4; ++stage) {
    const std::string source = fmt::format("downsample_layers.{}.", stage);
    const std::string timm = fmt::format("stages.{}.downsample.", stage);
    rows.Layer(source + "0", timm + "0").Layer(source + "1", timm + "1");
  }
  return rows.Layer("stages.#.#.dwconv", "stages.#.blocks.#.conv_dw")
      .Layer("stages.#.#.norm", "stages.#.blocks.#.norm")
      .Layer("stages.#.#.pwconv1", "stages.#.blocks.#.mlp.fc1",
             TensorLayout::kPointwise)
      .Layer("stages.#.#.pwconv2", "stages.#.blocks.#.mlp.fc2",
             TensorLayout::kPointwise)
      .Add("stages.#.#.gamma", "stages.#.blocks.#.gamma")
      .Layer("norm", "head.norm")
      .Layer("head", "head.fc")
      .Take();
}

}  // namespace

void AddMeta(std::vector<Source>& out) {
  out.push_back(
      {.name = "Meta ConvNeXt",
       .markers = {"downsample_layers.0.0.weight", "stages.0.0.dwconv.weight"},
       .rows = ConvNextRows(),
       .ignored = {},
       .pretrained_cfg = ImageNetMeanStd(),
       .naming = Naming::kMeta,
       .exportable = Exportable::kAll});
}

}  // namespace wsel::naming
