#pragma once

#include "wsel/calibrate/images.h"
#include "wsel/calibrate/reference.h"
#include "wsel/calibrate/size_errors.h"

namespace wsel::calibrate {

// Architecture::spectrum of a ViT. A student of d channels has d - 1
// directions, as its own layer norm takes the mean off; with RMSNorm d. Errors:
// kMismatch for activations that are NaN or infinite.
KeptShares VitSpectrum(const Reference& teacher, const Images& images);

}  // namespace wsel::calibrate
