// Torch-free.
#pragma once

#include <string>

#include "checkpoint/zip_bytes.h"

namespace wsel::checkpoint {

// A .npy file with `literal` as its header, valid or not.
inline std::string Npy(const std::string& literal, const std::string& data,
                       int version = 1) {
  std::string out = "\x93NUMPY";
  out += static_cast<char>(version);
  out += '\0';
  if (version == 1) {
    PutLittle<uint16_t>(out, static_cast<uint16_t>(literal.size()));
  } else {
    PutLittle<uint32_t>(out, static_cast<uint32_t>(literal.size()));
  }
  return out + literal + data;
}

}  // namespace wsel::checkpoint
