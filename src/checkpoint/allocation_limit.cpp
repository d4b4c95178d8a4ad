#include "wsel/checkpoint/allocation_limit.h"

#include <new>

#include "wsel/checkpoint/format_error.h"

namespace wsel::checkpoint {
namespace {

// malloc's overhead and rounding per block.
constexpr uint64_t kOverhead = 16;

}  // namespace

void AllocationLimit::Charge(uint64_t bytes, std::string_view where) {
  if (bytes > remaining_) ThrowFormatError(where, kOverLimit);
  remaining_ -= bytes;
}

void* AllocationLimit::do_allocate(size_t bytes, size_t alignment) {
  const uint64_t cost = bytes + kOverhead;
  if (cost > remaining_) throw std::bad_alloc();
  void* block = std::pmr::new_delete_resource()->allocate(bytes, alignment);
  remaining_ -= cost;
  return block;
}

void AllocationLimit::do_deallocate(void* block, size_t bytes,
                                    size_t alignment) {
  std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
  remaining_ += bytes + kOverhead;
}

}  // namespace wsel::checkpoint
