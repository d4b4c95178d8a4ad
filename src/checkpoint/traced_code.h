// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wsel/checkpoint/allocation_limit.h"
#include "zip.h"

namespace wsel::checkpoint {

// The number of attention heads that the code of a traced TorchScript module
// has as a constant: H of [batch, tokens, 3, H, channels], to which timm's,
// DINO's and DINOv2's attention reshape qkv. Tracing keeps no attributes, so
// that it is stated nowhere else. nullopt: no file of the code has such a list,
// or they differ. `root`: the archive's folder; `path` names it in messages.
// Errors: as AllocationLimit::Charge.
std::optional<int64_t> TracedHeads(const ZipArchive& zip, std::string_view root,
                                   const std::string& path,
                                   AllocationLimit& limit);

// The same for one file of the code.
std::optional<int64_t> TracedHeads(std::string_view code);

}  // namespace wsel::checkpoint
