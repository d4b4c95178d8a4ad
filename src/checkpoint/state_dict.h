// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mapped_checkpoint.h"
#include "pickled_tensor.h"
#include "wsel/checkpoint/allocation_limit.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/checkpoint/pickle.h"

namespace wsel::checkpoint {

// The tensors and scalars of nested dictionaries, lists and objects, under
// dotted names. For a pickled nn.Module, `_parameters`, `_buffers` and
// `_modules` are left out of names, so that they equal those of its
// state_dict(). A bare tensor is called "tensor".
struct StateDict {
  std::vector<PickledTensor> tensors;  // in pickle order
  std::vector<UnsupportedTensor> unsupported;
  // Numbers, strings and bools ("true", "false"). Left out: None, strings
  // longer than 1,024 bytes, lists of more than 64 items, and all but the first
  // 4,096 entries.
  std::map<std::string, std::string> metadata;
};

// The result refers to the pickle's bytes. Charges `limit` also for what a
// MappedCheckpoint of these tensors will need. Errors: kFormat if containers
// contain themselves, are nested more than 100 levels deep, or share so many
// values that the tree expands without end (a "billion laughs" bomb).
StateDict ReadStateDict(const Pickle& pickle, std::string_view path,
                        AllocationLimit& limit);

// The state dict as a checkpoint's contents; `storage_of` returns the bytes of
// a tensor's storage, or throws. Errors: as LocateTensor.
Contents LocateTensors(
    StateDict state,
    const std::function<std::span<const std::byte>(const PickledTensor&)>&
        storage_of,
    uint64_t file_size, const std::string& path);

}  // namespace wsel::checkpoint
