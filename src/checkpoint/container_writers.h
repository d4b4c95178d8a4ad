// Torch-free.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "wsel/checkpoint/writer.h"
#include "wsel/core/atomic_file.h"

namespace wsel::checkpoint {

// Write the content of one container each. `bytes` is called once per tensor,
// in order. Errors: kIo, and what `bytes` throws.
void WriteSafetensors(AtomicFile& file, const std::vector<TensorSpec>& specs,
                      const TensorBytes& bytes,
                      const std::map<std::string, std::string>& metadata);
void WriteTorchZip(AtomicFile& file, const std::vector<TensorSpec>& specs,
                   const TensorBytes& bytes,
                   const std::map<std::string, std::string>& metadata);

}  // namespace wsel::checkpoint
