#pragma once

#include "architecture.h"

namespace wsel::calibrate {

// Architecture::regress of a ConvNeXt of either version.
Regression RegressConvNext(const select::Plan& plan, const Reference& teacher,
                           const Images& images, Weights& student);

}  // namespace wsel::calibrate
