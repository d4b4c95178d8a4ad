#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "wsel/optim/named_tensors.h"

namespace wsel::train {

// Writes a checkpoint. The tensors are contiguous and on the CPU, as those of
// optim::CloneTensors are. Errors: as checkpoint::Write.
void WriteTensors(const std::filesystem::path& path,
                  const optim::NamedTensors& tensors,
                  const std::map<std::string, std::string>& metadata);

}  // namespace wsel::train
