#include "wsel/pretrained/checkpoint_request.h"

#include "named_model.h"
#include "wsel/pretrained/published.h"
#include "wsel/run/metadata_keys.h"

namespace wsel::pretrained {

PretrainedCheckpoint Open(const CheckpointRequest& request) {
  PretrainedCheckpoint checkpoint =
      Open(request.file, request.copy, request.num_heads);
  if (!request.given.model) return checkpoint;
  NameAsEva(*request.given.model, checkpoint);
  // Weights that the user names have the classes of those, too.
  const auto named = FindPublished(NameOf(*request.given.model));
  const bool own = checkpoint.file->metadata().contains(run::kVersionKey);
  if (named && named->tag != nullptr && !own) checkpoint.published = named;
  return checkpoint;
}

}  // namespace wsel::pretrained
