#pragma once

#include <string>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <vector>

namespace wsel::distributed {

// Texts in a store. Get waits until there is one, up to the store's timeout.

inline void Put(c10d::Store& store, const std::string& key,
                const std::string& text) {
  store.set(key, std::vector<uint8_t>(text.begin(), text.end()));
}

inline std::string Get(c10d::Store& store, const std::string& key) {
  const auto bytes = store.get(key);
  return {bytes.begin(), bytes.end()};
}

}  // namespace wsel::distributed
