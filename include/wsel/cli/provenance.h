// Torch-free.
#pragma once

#include <map>
#include <string>

#include "wsel/checkpoint/checkpoint.h"
#include "wsel/cli/commands.h"
#include "wsel/cli/weights.h"
#include "wsel/select/plan.h"

namespace wsel::cli {

// What of the teacher's file is hashed.
enum class HashScope {
  kRead,  // the header and the tensors that were read
  kFull,  // the whole file, as sha256sum prints it
};
const Registry<HashScope>& HashScopes();

// SHA-256 of the whole file (of several, of what sha256sum prints of them), or
// of the header's SHA-256 and `tensors_digest`
// (select::Student::teacher_digest), a line each.
std::string HashTeacher(const checkpoint::Checkpoint& teacher,
                        const std::string& tensors_digest, HashScope scope);

// What is needed to make a student again, as metadata of its file: version,
// command, model, plan and, unless null, the teacher's file, its hash, and what
// pictures its weights were trained on where file or source tell.
std::map<std::string, std::string> Provenance(const Invocation& invocation,
                                              const select::Plan& plan,
                                              const Weights* teacher,
                                              const std::string& teacher_hash,
                                              HashScope scope);

}  // namespace wsel::cli
