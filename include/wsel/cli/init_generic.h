// Torch-free.
#pragma once

#include "wsel/checkpoint/checkpoint.h"
#include "wsel/cli/init_args.h"
#include "wsel/select/plan.h"

namespace wsel::cli {

// Plans a student that no model's name describes from the teacher's tensors,
// under the names that the file gives them. Errors: kIo, kConfig for the family
// file; kUsage for sizes that are no "name=number"; those of
// select::PlanByFamily and PlanLike.
select::Plan PlanGenericStudent(const InitArgs& args,
                                const checkpoint::Checkpoint& teacher);

// Checks what can be checked without the teacher. Errors: as above, of the
// files and sizes alone.
void CheckGenericStudent(const InitArgs& args);

}  // namespace wsel::cli
