#pragma once

#include <string>
#include <utility>
#include <vector>

#include "wsel/distributed/process_group.h"
#include "wsel/recipe/recipe.h"
#include "wsel/run/run_folder.h"

namespace wsel::session {

// What the ranks of a run have to agree on. Every rank calls these functions;
// one that differs from the first throws.

// The folder of a run: the first rank creates and locks it, and the others see
// it. Errors: as run::RunFolder; kIo if this rank does not see what the first
// one does there.
run::RunFolder OpenFolder(const std::string& output,
                          distributed::ProcessGroup* group);

// Errors: kConfig with the differences, without those that affect no result.
void RequireSameRecipe(const recipe::Recipe& recipe,
                       distributed::ProcessGroup& group);

// What a rank is about to do, as names and values.
using Statements = std::vector<std::pair<std::string, std::string>>;

// Errors: kConfig at `what` with the values that this rank has otherwise than
// the first. The names are the same on all ranks, in the same order.
void RequireSame(const std::string& what, const Statements& own,
                 distributed::ProcessGroup& group);

// Takes over what the first rank resolved for its device: precision and the
// sizes of batches.
void AdoptAutoOptions(recipe::Recipe& recipe, distributed::ProcessGroup& group);

}  // namespace wsel::session
