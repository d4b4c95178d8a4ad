#include "wsel/pretrained/checkpoint_request.h"

#include "named_model.h"

namespace wsel::pretrained {

PretrainedCheckpoint Open(const CheckpointRequest& request) {
  PretrainedCheckpoint checkpoint =
      Open(request.file, request.copy, request.num_heads);
  if (request.given.model) NameAsEva(*request.given.model, checkpoint);
  return checkpoint;
}

}  // namespace wsel::pretrained
