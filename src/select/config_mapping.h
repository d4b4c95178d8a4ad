// Torch-free.
#pragma once

#include <vector>

#include "component_mapping.h"

namespace wsel::select {

// Maps the components of two configured models of one architecture. `file` are
// the tensors of the teacher's file. A reset head is re-initialised as timm
// would; a bias or layer scale that the teacher lacks becomes the identity. The
// official rule has one dimension for each pair of sizes, whatever its role.
// Errors: those of MapLayers; kMismatch for models of two architectures, heads
// that do not fit Options::heads, another number of classes with Head::kReuse;
// kUsage for contradictory options. A tensor of the student whose source is
// missing from `file`, or of another shape there, has an Error for a source.
ComponentMapping MapConfigs(const model::Config& teacher,
                            const std::vector<TensorSpec>& file,
                            const model::Config& student,
                            const Options& options);

}  // namespace wsel::select
