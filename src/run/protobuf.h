// Torch-free.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wsel::run {

// Protobuf's wire format: a field is a varint of its number and type, followed
// by the value, encoded by type. Enough of it for the messages of trackers.
enum class Wire { kVarint = 0, k64Bits = 1, kBytes = 2, k32Bits = 5 };

// The lowest `bytes` bytes of the value.
std::string LittleEndian(uint64_t value, size_t bytes);

std::string Varint(uint64_t value);
std::string Tag(unsigned field, Wire type);

// A field that is a string or a message.
std::string BytesField(unsigned field, std::string_view value);
// An integer; proto3 omits a 0.
std::string IntegerField(unsigned field, int64_t value);

}  // namespace wsel::run
