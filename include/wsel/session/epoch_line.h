#pragma once

#include <string>

#include "wsel/train/fit.h"

namespace wsel::session {

// The line of an epoch in a run's log: "epoch 3/50  loss 4.2130  lr 1.20e-03
// 812 img/s  38.4 s  top-1 12.34 ...  (best)".
std::string EpochLine(const train::EpochReport& report);

}  // namespace wsel::session
