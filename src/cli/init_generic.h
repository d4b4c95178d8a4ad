// Torch-free.
#pragma once

#include "init_args.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/select/plan.h"

namespace wsel::cli {

// Plans a student of an architecture without a config (--family,
// --student-like) from the teacher's tensors, under the names in its file.
// Errors: kIo, kConfig for the family file; kUsage for sizes that are not
// "name=number"; those of select::PlanByFamily and PlanLike.
select::Plan PlanGenericStudent(const InitArgs& args,
                                const checkpoint::Checkpoint& teacher);

// Checks what can be checked without the teacher. Errors: as above, but only of
// the files and sizes.
void CheckGenericStudent(const InitArgs& args);

}  // namespace wsel::cli
