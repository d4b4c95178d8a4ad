// Torch-free.
#pragma once

#include "wsel/select/svd_parts.h"

namespace wsel::select {

// By LibTorch's linear algebra.
const SvdParts& LibTorchSvd();

}  // namespace wsel::select
