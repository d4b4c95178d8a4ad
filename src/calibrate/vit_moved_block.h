#pragma once

#include <cstdint>

#include "wsel/calibrate/weights.h"
#include "wsel/model/vit_config.h"

namespace wsel::calibrate {

// Differential attention has a factor, lambda_init, that depends on a block's
// number (Ye et al. 2024). Changes the parameters of a block that was number
// `from` and is now number `to`, so that it computes what it did.
void KeepLambda(const model::VitConfig& c, int64_t from, int64_t to,
                Weights& weights);

}  // namespace wsel::calibrate
