#include "wsel/checkpoint/allowance.h"

#include <new>

#include "wsel/checkpoint/refusal.h"

namespace wsel::checkpoint {
namespace {

// malloc's own bytes and rounding.
constexpr uint64_t kOverhead = 16;

}  // namespace

void Allowance::Spend(uint64_t bytes, std::string_view where) {
  if (bytes > left_) Refuse(where, kOverAllowance);
  left_ -= bytes;
}

void* Allowance::do_allocate(size_t bytes, size_t alignment) {
  const uint64_t cost = bytes + kOverhead;
  if (cost > left_) throw std::bad_alloc();
  void* block = std::pmr::new_delete_resource()->allocate(bytes, alignment);
  left_ -= cost;
  return block;
}

void Allowance::do_deallocate(void* block, size_t bytes, size_t alignment) {
  std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
  left_ += bytes + kOverhead;
}

}  // namespace wsel::checkpoint
