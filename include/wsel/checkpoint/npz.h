// Torch-free.
#pragma once

#include <memory>

#include "wsel/checkpoint/allowance.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/checkpoint/zip.h"
#include "wsel/core/mapped_file.h"

namespace wsel::checkpoint {

// Whether a zip is an archive of NumPy arrays: all that is in it ends in .npy.
bool IsNpz(const ZipArchive& zip);

// Reads what numpy.savez writes, by which AugReg and big_vision publish JAX
// weights: a zip of stored .npy files. Tensors are called as the files are,
// less .npy ("Transformer/encoder_norm/scale"); an array in Fortran order is a
// strided view. Text, objects and big-endian numbers are unread().
// Errors: kFormat, with file and tensor; also where arrays are compressed.
std::unique_ptr<Checkpoint> OpenNpz(std::unique_ptr<MappedFile> file,
                                    const ZipArchive& zip,
                                    Allowance& allowance);

}  // namespace wsel::checkpoint
