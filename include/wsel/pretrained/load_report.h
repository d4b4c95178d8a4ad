// Torch-free.
#pragma once

#include "wsel/pretrained/pretrained_checkpoint.h"

namespace wsel::pretrained {

// Logs the tensors of a file that are ignored or unsupported, one line per
// reason, and what was assumed about the others.
void LogLoadReport(const PretrainedCheckpoint& checkpoint);

// Errors: kMismatch naming an unexpected key, that is a tensor that the model
// lacks: without it the others would compute something else.
void RequireNoUnexpectedKeys(const PretrainedCheckpoint& checkpoint,
                             const model::Config& config);

}  // namespace wsel::pretrained
