// Torch-free.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "mapped_checkpoint.h"
#include "wsel/checkpoint/allocation_limit.h"
#include "wsel/core/mapped_file.h"
#include "zip.h"

namespace wsel::checkpoint {

// The readers of one file each. The result refers to the file's bytes.
// Errors: kFormat, with file and tensor or storage.

// Reads a safetensors file: eight bytes of header length, a JSON object
// name -> {dtype, shape, data_offsets}, then the data. Stricter than the
// library, so that memory stays within `limit`: at most 16 dimensions, 32,768
// tensors and as many metadata entries, and no string of more than 2 MB.
Contents ReadSafetensors(const MappedFile& file, AllocationLimit& limit);

// Whether a file begins with the magic number that torch.save wrote before 1.6.
bool IsLegacyTorch(std::span<const std::byte> bytes);

// Reads files of torch.save from 0.1.10 to 1.5, and of later versions with
// _use_new_zipfile_serialization=False: five pickles (magic number, protocol
// 1001, sys_info, the object, the storage keys), then each storage as an int64
// count of elements and the elements. GPU storages are read like CPU ones.
// Errors also if the file was saved on a big-endian machine, or has data after
// the last storage.
Contents ReadLegacyTorch(const MappedFile& file, AllocationLimit& limit);

// Reads files of torch.save (1.6 and later) and torch.jit.save: a zip with one
// folder that holds data.pkl and, uncompressed, data/<key> for each storage.
// Errors also for other zip files.
Contents ReadTorchZip(const MappedFile& file, const ZipArchive& zip,
                      AllocationLimit& limit);

// Whether a zip is an archive of NumPy arrays: all entry names end in .npy.
bool IsNpz(const ZipArchive& zip);

// Reads files of numpy.savez, the format of AugReg's and big_vision's JAX
// weights: a zip of uncompressed .npy files. Tensor names are the file names
// without .npy ("Transformer/encoder_norm/scale"); an array in Fortran order is
// a strided view. Strings, objects and big-endian numbers are unsupported().
// Errors also if arrays are compressed.
Contents ReadNpz(const MappedFile& file, const ZipArchive& zip,
                 AllocationLimit& limit);

// For a file that no reader accepts: what it is, judging by its first kilobyte,
// and what to do about it. "is an HTML page, not a checkpoint: ...".
std::string DescribeUnknownFile(std::span<const std::byte> bytes);

// Opens one file of a sharded checkpoint, and adds its size to the limit.
using OpenShard = std::unique_ptr<Checkpoint> (*)(
    const std::filesystem::path& path, AllocationLimit& limit);

// Reads model.safetensors.index.json or pytorch_model.bin.index.json, and the
// files in the same folder, or what links there lead to, that it lists. They
// must be all safetensors or all torch files, and hold the tensors that the
// index lists; others are left out. The first file's value of a metadata key is
// kept. Errors: kIo or kFormat if a file is missing or contradicts the index.
std::unique_ptr<Checkpoint> OpenSharded(std::unique_ptr<MappedFile> index,
                                        OpenShard open, AllocationLimit& limit);

}  // namespace wsel::checkpoint
