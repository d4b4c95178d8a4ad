// Torch-free.
#pragma once

#include "wsel/select/plan.h"

namespace wsel::calibrate {

// Of a ViT; see KeepsHeadsWhole.
bool NeedsWholeHeads(const model::VitConfig& teacher);

// Errors: kUsage for options that projection decides; kMismatch, naming the
// field, for a ViT of which the stream cannot be rotated, and for one that has
// more than its teacher, or another form.
void RequireProjectable(const select::Plan& plan);

}  // namespace wsel::calibrate
