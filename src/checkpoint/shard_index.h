// Torch-free.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "wsel/checkpoint/allocation_limit.h"

namespace wsel::checkpoint {

// Which file holds which tensor: the weight_map of a *.index.json, as Hugging
// Face's save_pretrained writes it for a checkpoint in several files.
struct ShardIndex {
  std::vector<std::string> shards;  // file names, sorted and unique
  std::unordered_map<std::string, size_t> shard_of;  // by tensor name
};

// Reads {"weight_map": {tensor: file}, ...} of at most 8 MB, ignoring other
// keys. Errors: kFormat at `path`; also if there is no weight_map, if a tensor
// is in it twice, or if a file name contains a path.
ShardIndex ReadShardIndex(std::string_view json, const std::string& path,
                          AllocationLimit& limit);

}  // namespace wsel::checkpoint
