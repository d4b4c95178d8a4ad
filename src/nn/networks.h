#pragma once

#include <memory>

#include "wsel/model/config.h"
#include "wsel/nn/network.h"

namespace wsel::nn {

// The network of each architecture, its parameters uninitialised. `config` must
// pass Validate.
std::shared_ptr<Network> MakeNetwork(const model::VitConfig& config);
std::shared_ptr<Network> MakeNetwork(const model::ConvNextConfig& config);
std::shared_ptr<Network> MakeNetwork(const model::ConvNextV2Config& config);

}  // namespace wsel::nn
