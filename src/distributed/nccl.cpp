#include "backends.h"
#include "wsel/core/error.h"

#ifdef USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

namespace wsel::distributed {

#ifdef USE_C10D_NCCL
c10::intrusive_ptr<c10d::Backend> MakeNccl(
    const c10::intrusive_ptr<c10d::Store>& store, int rank, int size) {
  const auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = kTransferTimeout;
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size,
                                                     options);
}
#else
c10::intrusive_ptr<c10d::Backend> MakeNccl(
    const c10::intrusive_ptr<c10d::Store>& /*store*/, int /*rank*/,
    int /*size*/) {
  throw Error(ErrorKind::kConfig, "ranks",
              "this build has no NCCL, which ranks on GPUs need: build from "
              "source, not by pip, with a full CUDA LibTorch; its nvidia "
              "packages hold nccl.h");
}
#endif

}  // namespace wsel::distributed
