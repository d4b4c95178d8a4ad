// Torch-free.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "wsel/checkpoint/allocation_limit.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/mapped_file.h"

namespace wsel::checkpoint {

// Whether a file begins with the magic number that torch.save wrote before 1.6.
bool IsLegacyTorch(std::span<const std::byte> bytes);

// Reads files of torch.save from 0.1.10 to 1.5, and of later versions with
// _use_new_zipfile_serialization=False: five pickles (magic number, protocol
// 1001, sys_info, the object, the storage keys), then each storage as an int64
// count of elements and the elements. GPU storages are read like CPU ones.
// Errors: kFormat, with file and tensor or storage; also if the file was saved
// on a big-endian machine, or has data after the last storage.
std::unique_ptr<Checkpoint> OpenLegacyTorch(std::unique_ptr<MappedFile> file,
                                            AllocationLimit& limit);

}  // namespace wsel::checkpoint
