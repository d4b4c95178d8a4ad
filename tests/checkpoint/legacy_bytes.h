// Torch-free.
#pragma once

#include <string>

#include "checkpoint/pickle_bytes.h"

namespace wsel::checkpoint {

// The first three pickles of a legacy file.
inline std::string LegacyStart() {
  return std::string("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50") +
         "\x19." + "\x80\x02M\xe9\x03." + "\x80\x02}" +
         Unicode("little_endian") + "\x88s.";
}

inline std::string LegacyKeys(const std::vector<std::string>& keys) {
  std::string out = "\x80\x02](";
  for (const std::string& key : keys) out += Unicode(key);
  return out + "e.";
}

// A storage as stored in the file.
inline std::string LegacyStorage(int64_t count, const std::string& data) {
  std::string out;
  PutLittle(out, count);
  return out + data;
}

// A legacy file of this object, whose tensors use storage "0" of four floats.
inline std::string Legacy(const std::string& pickle) {
  return LegacyStart() + pickle + LegacyKeys({"0"}) +
         LegacyStorage(4, std::string(16, '\x01'));
}

// `view` is the sixth field of a storage's persistent id.
inline std::string StorageWithView(int64_t count, const std::string& view) {
  std::string out = Storage(count);
  return out.substr(0, out.size() - 2) + view + "tQ";
}

}  // namespace wsel::checkpoint
