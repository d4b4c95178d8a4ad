// Torch-free.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wsel::checkpoint {

// An entry of a zip file, with header fields that a test may set wrong.
struct ZipPart {
  std::string name;
  std::string data = "";
  uint16_t method = 0;
  uint16_t flags = 0;
  std::optional<std::string> local_name = std::nullopt;
  std::optional<uint32_t> local_size = std::nullopt;
  std::optional<uint32_t> central_size = std::nullopt;
  std::optional<uint32_t> central_offset = std::nullopt;
};

template <typename T>
void PutLittle(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

inline void PutFields(std::string& out, const ZipPart& part, uint32_t size) {
  PutLittle<uint16_t>(out, 20);
  PutLittle<uint16_t>(out, part.flags);
  PutLittle<uint16_t>(out, part.method);
  PutLittle<uint32_t>(out, 0x210000);
  PutLittle<uint32_t>(
      out, static_cast<uint32_t>(
               crc32_z(0, reinterpret_cast<const Bytef*>(part.data.data()),
                       part.data.size())));
  PutLittle<uint32_t>(out, size);
  PutLittle<uint32_t>(out, size);
}

inline std::string ZipOf(const std::vector<ZipPart>& parts) {
  std::string out;
  std::string directory;
  for (const ZipPart& part : parts) {
    const auto offset = static_cast<uint32_t>(out.size());
    const auto size = static_cast<uint32_t>(part.data.size());
    const std::string local = part.local_name.value_or(part.name);
    out += "PK\x03\x04";
    PutFields(out, part, part.local_size.value_or(size));
    PutLittle<uint16_t>(out, static_cast<uint16_t>(local.size()));
    PutLittle<uint16_t>(out, 0);
    out += local + part.data;
    directory += "PK\x01\x02";
    PutLittle<uint16_t>(directory, 20);
    PutFields(directory, part, part.central_size.value_or(size));
    PutLittle<uint16_t>(directory, static_cast<uint16_t>(part.name.size()));
    directory.append(12, '\0');
    PutLittle<uint32_t>(directory, part.central_offset.value_or(offset));
    directory += part.name;
  }
  const auto begin = static_cast<uint32_t>(out.size());
  out += directory + "PK\x05\x06";
  PutLittle<uint32_t>(out, 0);
  PutLittle<uint16_t>(out, static_cast<uint16_t>(parts.size()));
  PutLittle<uint16_t>(out, static_cast<uint16_t>(parts.size()));
  PutLittle<uint32_t>(out, static_cast<uint32_t>(directory.size()));
  PutLittle<uint32_t>(out, begin);
  PutLittle<uint16_t>(out, 0);
  return out;
}

}  // namespace wsel::checkpoint
