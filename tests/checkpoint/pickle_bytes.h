// Torch-free.
#pragma once

#include <string>

#include "checkpoint/zip_bytes.h"

namespace wsel::checkpoint {

// Parts of pickles, named as in pickletools.
inline std::string Unicode(const std::string& text) {
  std::string out = "X";
  PutLittle<uint32_t>(out, static_cast<uint32_t>(text.size()));
  return out + text;
}

inline std::string Global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}

inline std::string Int(int64_t value) {  // LONG1 of eight bytes
  std::string out = "\x8a\x08";
  PutLittle(out, value);
  return out;
}

inline std::string Ints(const std::vector<int64_t>& values) {
  std::string out = "(";
  for (const int64_t value : values) out += Int(value);
  return out + "t";
}

// A FloatStorage of `count` elements in data/<key>.
inline std::string Storage(int64_t count, const std::string& key = "0",
                           const std::string& type = "FloatStorage") {
  return std::string("(") + Unicode("storage") + Global("torch", type) +
         Unicode(key) + Unicode("cpu") + Int(count) + "tQ";
}

inline std::string Tensor(const std::string& storage, int64_t offset,
                          const std::vector<int64_t>& shape,
                          const std::vector<int64_t>& strides) {
  return Global("torch._utils", "_rebuild_tensor_v2") + "(" + storage +
         Int(offset) + Ints(shape) + Ints(strides) + "\x89" +
         Global("collections", "OrderedDict") + ")RtR";
}

// Four floats: all of storage "0".
inline std::string FourFloats() { return Tensor(Storage(4), 0, {4}, {1}); }

// A pickle of {"w": four floats, <more>}.
inline std::string WeightsAnd(const std::string& more) {
  return "\x80\x02}(" + Unicode("w") + FourFloats() + more + "u.";
}

// A torch zip with this pickle, and four floats as data/0.
inline std::string TorchZip(const std::string& pickle) {
  return ZipOf({{.name = "archive/data.pkl", .data = pickle},
                {.name = "archive/byteorder", .data = "little"},
                {.name = "archive/data/0", .data = std::string(16, '\x01')},
                {.name = "archive/version", .data = "3\n"}});
}

}  // namespace wsel::checkpoint
