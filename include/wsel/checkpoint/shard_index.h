// Torch-free.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "wsel/checkpoint/allowance.h"

namespace wsel::checkpoint {

// Which file holds which tensor: the weight_map of a *.index.json.
struct ShardIndex {
  std::vector<std::string> shards;  // names of files, sorted, each once
  std::unordered_map<std::string, size_t> shard_of;  // by tensor's name
};

// Whether a file is JSON that may be an index: it begins with '{', and with
// text where a safetensors file has the zeros of its header's length.
bool LooksLikeJsonObject(std::span<const std::byte> bytes);

// Reads {"weight_map": {tensor: file}, ...} of at most 8 MB; whatever else is
// in it is passed over. Errors: kFormat, at `path`; also where there is no
// weight_map, a tensor is in it twice, or a file's name is a path.
ShardIndex ReadShardIndex(std::string_view json, const std::string& path,
                          Allowance& allowance);

}  // namespace wsel::checkpoint
