// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>

namespace wsel::checkpoint {

// Limits the memory that parsing a checkpoint takes to the size of its files
// plus kLimit. A small hostile file could otherwise demand gigabytes, by
// repeated references, or by items of one byte that take a hundred in memory.
// Containers that a file fills use this object as their memory resource; other
// memory is charged. kParserReserve, a part of kLimit, is not handed out: it is
// for the JSON parser (see CheckJsonTokens) and messages, which are not
// counted.
class AllocationLimit final : public std::pmr::memory_resource {
 public:
  static constexpr uint64_t kLimit = 64U << 20U;
  static constexpr uint64_t kParserReserve = 24U << 20U;

  explicit AllocationLimit(uint64_t file_size)
      : remaining_(kLimit - kParserReserve + file_size) {}

  // Another file of the same checkpoint.
  void AddFile(uint64_t size) { remaining_ += size; }

  // Deducts `bytes` for good. Errors: kFormat at `where` if fewer remain.
  void Charge(uint64_t bytes, std::string_view where);

 private:
  // Throws std::bad_alloc if too little remains.
  void* do_allocate(size_t bytes, size_t alignment) override;
  void do_deallocate(void* block, size_t bytes, size_t alignment) override;
  bool do_is_equal(const memory_resource& other) const noexcept override {
    return this == &other;
  }

  uint64_t remaining_;
};

// The message of Charge(), and of readers that catch std::bad_alloc.
inline constexpr std::string_view kOverLimit =
    "parsing takes tens of megabytes more memory than the file's size; the "
    "file is corrupt or malicious, get another copy";

}  // namespace wsel::checkpoint
