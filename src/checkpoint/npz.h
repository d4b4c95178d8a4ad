// Torch-free.
#pragma once

#include <memory>

#include "wsel/checkpoint/allocation_limit.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/mapped_file.h"
#include "zip.h"

namespace wsel::checkpoint {

// Whether a zip is an archive of NumPy arrays: all entry names end in .npy.
bool IsNpz(const ZipArchive& zip);

// Reads files of numpy.savez, the format of AugReg's and big_vision's JAX
// weights: a zip of uncompressed .npy files. Tensor names are the file names
// without .npy ("Transformer/encoder_norm/scale"); an array in Fortran order is
// a strided view. Strings, objects and big-endian numbers are unsupported().
// Errors: kFormat, with file and tensor; also if arrays are compressed.
std::unique_ptr<Checkpoint> OpenNpz(std::unique_ptr<MappedFile> file,
                                    const ZipArchive& zip,
                                    AllocationLimit& limit);

}  // namespace wsel::checkpoint
