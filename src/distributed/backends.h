#pragma once

#include <c10/util/intrusive_ptr.h>

#include <chrono>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

namespace wsel::distributed {

// How long ranks wait for a tensor: PyTorch's default of 30 minutes. A rank
// that has ended is noticed earlier (watch.h).
inline constexpr std::chrono::minutes kTransferTimeout{30};

// Errors: kConfig if this build lacks the library.
c10::intrusive_ptr<c10d::Backend> MakeGloo(
    const c10::intrusive_ptr<c10d::Store>& store, int rank, int size);
c10::intrusive_ptr<c10d::Backend> MakeNccl(
    const c10::intrusive_ptr<c10d::Store>& store, int rank, int size);

}  // namespace wsel::distributed
