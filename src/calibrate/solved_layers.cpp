#include "solved_layers.h"

#include <variant>

namespace wsel::calibrate {
namespace {

// The table: a config without a row does not compile.
struct SolvedLayersRows {
  const SolvedLayers& operator()(const model::VitConfig&) const {
    return kVitSolvedLayers;
  }
  const SolvedLayers& operator()(const model::ConvNextConfig&) const {
    return kConvNextSolvedLayers;
  }
  const SolvedLayers& operator()(const model::ConvNextV2Config&) const {
    return kConvNextSolvedLayers;
  }
};

}  // namespace

const SolvedLayers& SolvedLayersOf(const model::Config& config) {
  return std::visit(SolvedLayersRows(), config);
}

}  // namespace wsel::calibrate
