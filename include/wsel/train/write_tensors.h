#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "wsel/optim/named_tensors.h"

namespace wsel::train {

// A checkpoint of tensors that are contiguous and on the CPU, as a Snapshot's
// are. Errors: as checkpoint::Write.
void WriteTensors(const std::filesystem::path& path,
                  const optim::NamedTensors& tensors,
                  const std::map<std::string, std::string>& metadata);

}  // namespace wsel::train
