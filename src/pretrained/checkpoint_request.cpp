#include "wsel/pretrained/checkpoint_request.h"

namespace wsel::pretrained {

PretrainedCheckpoint Open(const CheckpointRequest& request) {
  return Open(request.file, request.copy, request.num_heads);
}

}  // namespace wsel::pretrained
