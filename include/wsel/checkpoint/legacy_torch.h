// Torch-free.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "wsel/checkpoint/allowance.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/mapped_file.h"

namespace wsel::checkpoint {

// Whether a file begins with the number that torch.save wrote before 1.6.
bool IsLegacyTorch(std::span<const std::byte> bytes);

// Reads what torch.save wrote from 0.1.10 to 1.5, and writes still with
// _use_new_zipfile_serialization=False: five pickles (magic number, protocol
// 1001, the machine, the object, the keys of storages), then each storage as an
// int64 count of elements and the elements. Storages of GPUs are read like the
// CPU's. Errors: kFormat, with file and tensor or storage; also where the
// machine was big-endian, or anything follows the last storage.
std::unique_ptr<Checkpoint> OpenLegacyTorch(std::unique_ptr<MappedFile> file,
                                            Allowance& allowance);

}  // namespace wsel::checkpoint
