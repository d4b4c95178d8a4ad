// Torch-free.
#pragma once

#include "wsel/model/vit_config.h"
#include "wsel/pretrained/beside.h"
#include "wsel/pretrained/published.h"

namespace wsel::pretrained {

// What is known of the images of published weights; without a tag what all tags
// of the model have in common. Only fields of images are set.
Beside ImageFactsOf(const Published& published);

// A pooling as model::Hints has it: tensors show which average it is.
model::Pooling PoolingHint(model::Pooling pooling);

// Adds the facts that no file beside the checkpoint states, and to
// Beside::unsupported what of the model is not supported although its tensors
// do not show it. `takes_config`: the model is built as PublishedModel::Config.
void AddPublished(const Published& published, bool takes_config,
                  Beside& beside);

}  // namespace wsel::pretrained
