// Torch-free.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "wsel/checkpoint/allocation_limit.h"

namespace wsel::checkpoint {

// Reads metadata: a JSON object of strings, with at most 32,768 keys.
// Errors: kFormat at `where`.
std::map<std::string, std::string> ReadJsonMetadata(std::string_view json,
                                                    const std::string& where,
                                                    AllocationLimit& limit);

}  // namespace wsel::checkpoint
