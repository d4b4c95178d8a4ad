#pragma once

#include "wsel/data/dataset.h"
#include "wsel/session/evaluation.h"
#include "wsel/session/ranks.h"

namespace wsel::session {

// What ranks that share an evaluation have to agree on (RequireSame).

// The weights that are used, what is done with an image, and the options.
Statements StatementsOf(const EvalRequest& request,
                        const EvalCheckpoint& opened);

// The images: their number, names, labels and classes, not their pixels.
Statements StatementsOf(const data::Dataset& test);

}  // namespace wsel::session
