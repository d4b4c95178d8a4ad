// Torch-free.
#pragma once

#include <string>

#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/registry.h"

namespace wsel::pretrained {

// Which part of a teacher's file is hashed.
enum class HashScope {
  kRead,  // the header and the tensors that were read
  kFull,  // the whole file, as sha256sum prints it
};
const Registry<HashScope>& HashScopes();

// SHA-256 of the whole file (of a sharded checkpoint: of sha256sum's output for
// its files), or of two lines, the header's SHA-256 and `tensors_digest`
// (select::Student::teacher_digest).
std::string HashFile(const checkpoint::Checkpoint& file,
                     const std::string& tensors_digest, HashScope scope);

}  // namespace wsel::pretrained
