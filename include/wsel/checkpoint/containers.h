// Torch-free.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "wsel/checkpoint/writer.h"
#include "wsel/core/atomic_file.h"

namespace wsel::checkpoint {

// The content of each container that Write() writes. `bytes` is called once a
// tensor, in order. Errors: kIo, and what `bytes` throws.
void WriteSafetensors(AtomicFile& file, const std::vector<TensorSpec>& specs,
                      const TensorBytes& bytes,
                      const std::map<std::string, std::string>& metadata);
void WriteTorchZip(AtomicFile& file, const std::vector<TensorSpec>& specs,
                   const TensorBytes& bytes,
                   const std::map<std::string, std::string>& metadata);

}  // namespace wsel::checkpoint
