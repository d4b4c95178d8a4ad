#include "protobuf.h"

namespace wsel::run {

std::string LittleEndian(uint64_t value, size_t bytes) {
  std::string out;
  for (size_t i = 0; i < bytes; ++i) {
    out += static_cast<char>(value >> (8 * i) & 0xFF);
  }
  return out;
}

std::string Varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) {
    out += static_cast<char>((value & 0x7F) | 0x80);
  }
  out += static_cast<char>(value);
  return out;
}

std::string Tag(unsigned field, Wire type) {
  return Varint(field << 3 | static_cast<unsigned>(type));
}

std::string BytesField(unsigned field, std::string_view value) {
  return Tag(field, Wire::kBytes) + Varint(value.size()) + std::string(value);
}

std::string IntegerField(unsigned field, int64_t value) {
  if (value == 0) return "";
  return Tag(field, Wire::kVarint) + Varint(static_cast<uint64_t>(value));
}

}  // namespace wsel::run
