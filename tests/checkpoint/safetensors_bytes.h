// Torch-free.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "checkpoint/zip_bytes.h"

namespace wsel::checkpoint {

// A safetensors file with this header, and data 0, 1, 2, ...
inline std::string SafetensorsOf(const std::string& header, size_t data_size) {
  std::string out;
  PutLittle<uint64_t>(out, header.size());
  out += header;
  for (size_t i = 0; i < data_size; ++i) out += static_cast<char>(i);
  return out;
}

// A tensor's entry in the header.
inline std::string SafetensorsEntry(const std::string& name,
                                    const std::string& dtype,
                                    const std::string& shape,
                                    const std::string& offsets) {
  return fmt::format(R"("{}":{{"dtype":"{}","shape":{},"data_offsets":{}}})",
                     name, dtype, shape, offsets);
}

// Tensors of one byte each with these names.
inline std::string ByteTensors(const std::vector<std::string>& names) {
  std::vector<std::string> entries;
  for (size_t i = 0; i < names.size(); ++i) {
    entries.push_back(SafetensorsEntry(names[i], "U8", "[1]",
                                       fmt::format("[{},{}]", i, i + 1)));
  }
  return SafetensorsOf(fmt::format("{{{}}}", fmt::join(entries, ",")),
                       names.size());
}

}  // namespace wsel::checkpoint
