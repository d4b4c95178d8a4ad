// Torch-free.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "source_table.h"
#include "wsel/model/config.h"
#include "wsel/naming/export.h"

namespace wsel::naming {

// What timm's config.json says of a model.
struct TimmModel {
  std::string architecture;  // one that timm knows, which the arguments change
  nlohmann::ordered_json arguments;
  std::string global_pool;
  std::string first_conv;
  nlohmann::ordered_json classifier;  // a name, or several
};

// The architecture with the config C, in each library.
template <typename C>
struct LibraryNames {
  void (*add_sources)(std::vector<Source>& out);
  // What the library cannot express of a model, though every tensor has a name
  // there, as in "the model ..."; empty if it can build the model. Not asked
  // for kTimm.
  std::string (*inexpressible)(const C& config, Naming naming);
  // Sets the fields that the library's model has whatever the weights.
  void (*build_as)(C& config, Naming naming);
  // Hugging Face's config.json. Errors: kMismatch.
  nlohmann::ordered_json (*hf_config)(const C& config);
  // Errors: kMismatch.
  TimmModel (*timm_model)(const C& config);
};

// kVitNames' timm_model, in timm_vit_model.cpp.
TimmModel TimmVitModel(const model::VitConfig& config);

extern const LibraryNames<model::VitConfig> kVitNames;
extern const LibraryNames<model::ConvNextConfig> kConvNextNames;
extern const LibraryNames<model::ConvNextV2Config> kConvNextV2Names;

// All architectures; those with files that have all names of another and more
// come before it.
inline constexpr std::tuple<const LibraryNames<model::VitConfig>&,
                            const LibraryNames<model::ConvNextV2Config>&,
                            const LibraryNames<model::ConvNextConfig>&>
    kLibraryNames = {kVitNames, kConvNextV2Names, kConvNextNames};

// Calls f(names, config) with the config as its own type.
template <typename F>
auto WithNames(const model::Config& config, const F& f) {
  return std::visit(
      [&]<typename C>(const C& c) {
        return f(std::get<const LibraryNames<C>&>(kLibraryNames), c);
      },
      config);
}

// The fields that begin config.json, and `sizes`.
nlohmann::ordered_json HfModel(const std::string& type,
                               const std::string& architecture,
                               const nlohmann::ordered_json& sizes);

}  // namespace wsel::naming
