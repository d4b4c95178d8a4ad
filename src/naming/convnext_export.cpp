// What an exported ConvNeXt needs in each library.
#include <fmt/format.h>

#include "library_names.h"

namespace wsel::naming {
namespace {

using Json = nlohmann::ordered_json;

std::string Inexpressible(const model::ConvNextConfig& c, Naming naming) {
  const bool hf = naming == Naming::kHuggingFace;
  if (hf ? c.patch_size == 2 : c.patch_size != 4) {
    return fmt::format("has patches of {} pixels", c.patch_size);
  }
  const bool scaled = naming == Naming::kTorchvision;
  return scaled && c.layer_scale == 0 ? "has no layer scale" : "";
}

void BuildAs(model::ConvNextConfig& c, Naming /*naming*/) { c.norm_eps = 1e-6; }

Json HfConvNext(const model::ConvNextConfig& c) {
  const bool head = c.num_classes > 0;
  Json json = HfModel("convnext",
                      head ? "ConvNextForImageClassification" : "ConvNextModel",
                      {{"num_channels", 3},
                       {"image_size", c.img_size},
                       {"patch_size", c.patch_size},
                       {"num_stages", c.dims.size()},
                       {"hidden_sizes", c.dims},
                       {"depths", c.depths},
                       {"hidden_act", "gelu"},
                       // of the last norm; fixed in the others
                       {"layer_norm_eps", c.norm_eps},
                       {"layer_scale_init_value", c.layer_scale}});
  if (head) json["num_labels"] = c.num_classes;
  return json;
}

}  // namespace

const LibraryNames<model::ConvNextConfig> kConvNextNames = {
    .add_sources = AddConvNext,
    .inexpressible = Inexpressible,
    .build_as = BuildAs,
    .hf_config = HfConvNext,
};

}  // namespace wsel::naming
