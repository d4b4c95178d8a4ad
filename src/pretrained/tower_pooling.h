// Torch-free.
#pragma once

#include "wsel/pretrained/pretrained_checkpoint.h"

namespace wsel::pretrained {

// Of open_clip's own image towers, which have equal tensors however they pool:
// gives the last norm timm's name of one before pooling (`norm`) or after
// average pooling (`fc_norm`), and `beside` the pooling, as open_clip's config
// beside the file states (`pool_type`, `final_ln_after_pool`). Nothing, of
// other sources and without such a config.
void UseTowerPooling(PretrainedCheckpoint& checkpoint);

}  // namespace wsel::pretrained
