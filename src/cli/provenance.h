// Torch-free.
#pragma once

#include <map>
#include <string>

#include "commands.h"
#include "pretrained.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/select/plan.h"

namespace wsel::cli {

// Which part of the teacher's file is hashed.
enum class HashScope {
  kRead,  // the header and the tensors that were read
  kFull,  // the whole file, as sha256sum prints it
};
const Registry<HashScope>& HashScopes();

// SHA-256 of the whole file (of a sharded checkpoint: of sha256sum's output for
// its files), or of two lines, the header's SHA-256 and `tensors_digest`
// (select::Student::teacher_digest).
std::string HashTeacher(const checkpoint::Checkpoint& teacher,
                        const std::string& tensors_digest, HashScope scope);

// Metadata of a student's file, with all that reproducing it needs: version,
// command, model, plan and, unless null, the teacher's file and hash, and the
// mean and std of its images if known.
std::map<std::string, std::string> Provenance(
    const Invocation& invocation, const select::Plan& plan,
    const PretrainedCheckpoint* teacher, const std::string& teacher_hash,
    HashScope scope);

}  // namespace wsel::cli
