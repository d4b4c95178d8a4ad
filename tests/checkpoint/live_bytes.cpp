#include "checkpoint/live_bytes.h"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
// From <sanitizer/allocator_interface.h>, which some GCC packages lack.
extern "C" int __sanitizer_install_malloc_and_free_hooks(
    void (*malloc_hook)(const volatile void*, size_t),
    void (*free_hook)(const volatile void*));
extern "C" size_t __sanitizer_get_allocated_size(const volatile void* block);
#endif

namespace {

std::atomic<uint64_t> live{0};
std::atomic<uint64_t> most{0};

void Count(size_t size) {
  const uint64_t now = live.fetch_add(size, std::memory_order_relaxed) + size;
  uint64_t seen = most.load(std::memory_order_relaxed);
  while (now > seen && !most.compare_exchange_weak(seen, now)) {
  }
}

void Discount(size_t size) { live.fetch_sub(size, std::memory_order_relaxed); }

}  // namespace

#if defined(__SANITIZE_ADDRESS__)

// Hooks, since replacing operator new would hide errors from the sanitizer.
[[maybe_unused]] const int hooks = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void* /*block*/, size_t size) { Count(size); },
    [](const volatile void* block) {
      Discount(__sanitizer_get_allocated_size(block));
    });

#else

void* operator new(size_t size) {
  void* block = std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  Count(malloc_usable_size(block));
  return block;
}

void* operator new(size_t size, std::align_val_t align) {
  const auto unit = static_cast<size_t>(align);
  void* block = std::aligned_alloc(unit, (size + unit - 1) / unit * unit);
  if (block == nullptr) throw std::bad_alloc();
  Count(malloc_usable_size(block));
  return block;
}

void operator delete(void* block) noexcept {
  Discount(malloc_usable_size(block));
  std::free(block);
}
void operator delete(void* block, size_t /*size*/) noexcept {
  operator delete(block);
}
void operator delete(void* block, std::align_val_t /*align*/) noexcept {
  operator delete(block);
}
void operator delete(void* block, size_t /*size*/,
                     std::align_val_t /*align*/) noexcept {
  operator delete(block);
}

#endif

namespace wsel {

LivePeak::LivePeak() : before_(live.load()) { most.store(before_); }

uint64_t LivePeak::bytes() const { return most.load() - before_; }

}  // namespace wsel
