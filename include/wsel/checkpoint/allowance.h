// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>

namespace wsel::checkpoint {

// How much memory the reading of a checkpoint may take: as much as its files
// have bytes, and 64 MB. A hostile file can promise more with few bytes by
// naming the same thing again and again, or by what costs one byte there and a
// hundred here. Containers that a file fills are given this as their memory
// resource; what is kept in others is spent. A part of the 64 MB is not handed
// out, but left for what the JSON parser and messages take.
class Allowance final : public std::pmr::memory_resource {
 public:
  explicit Allowance(uint64_t file_size) : left_(kSpare + file_size) {}

  // A further file of the same checkpoint.
  void AddFile(uint64_t size) { left_ += size; }

  // Takes `bytes` that are not given back. Errors: kFormat, at `where`, where
  // fewer are left.
  void Spend(uint64_t bytes, std::string_view where);

 private:
  static constexpr uint64_t kSpare = 40U << 20U;

  // Throw std::bad_alloc where less is left.
  void* do_allocate(size_t bytes, size_t alignment) override;
  void do_deallocate(void* block, size_t bytes, size_t alignment) override;
  bool do_is_equal(const memory_resource& other) const noexcept override {
    return this == &other;
  }

  uint64_t left_;
};

// What Spend() and readers that catch std::bad_alloc say.
inline constexpr std::string_view kOverAllowance =
    "what the file makes of few bytes takes tens of megabytes more memory than "
    "it has bytes: it is broken or an attack, get another copy";

}  // namespace wsel::checkpoint
