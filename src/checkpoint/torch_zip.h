// Torch-free.
#pragma once

#include <memory>

#include "wsel/checkpoint/allocation_limit.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/mapped_file.h"
#include "zip.h"

namespace wsel::checkpoint {

// Reads files of torch.save (1.6 and later) and torch.jit.save: a zip with one
// folder that holds data.pkl and, uncompressed, data/<key> for each storage.
// Errors: kFormat, with file and tensor; also for other zip files.
std::unique_ptr<Checkpoint> OpenTorchZip(std::unique_ptr<MappedFile> file,
                                         const ZipArchive& zip,
                                         AllocationLimit& limit);

}  // namespace wsel::checkpoint
