#include "architecture.h"

#include <variant>

namespace wsel::calibrate {
namespace {

// The table: a config without a row does not compile.
struct ArchitectureRows {
  const Architecture& operator()(const model::VitConfig&) const {
    return kVitArchitecture;
  }
  const Architecture& operator()(const model::ConvNextConfig&) const {
    return kConvNextArchitecture;
  }
  const Architecture& operator()(const model::ConvNextV2Config&) const {
    return kConvNextArchitecture;
  }
};

}  // namespace

const Architecture& ArchitectureOf(const model::Config& config) {
  return std::visit(ArchitectureRows(), config);
}

}  // namespace wsel::calibrate
