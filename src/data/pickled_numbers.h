// Torch-free.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/checkpoint/pickle.h"

namespace wsel::data {

// Text or bytes, as any protocol of Python 2 or 3 pickles them.
std::optional<std::string> PickledText(const checkpoint::PickleValue& value);

// Integers that Python pickled: an int, a numpy array or scalar, or a list or
// tuple of these, nested at most four deep.
struct PickledNumbers {
  std::vector<int64_t> shape;
  std::vector<int64_t> values;  // in C order
};
// Nothing if `value` is something else, ragged, has elements that are not
// integers (floats may be), or has more than `max_count`.
std::optional<PickledNumbers> NumbersOf(const checkpoint::PickleValue& value,
                                        size_t max_count);

// A numpy array of bytes in C order.
struct PickledBytes {
  std::vector<int64_t> shape;
  std::string_view bytes;  // as many as the shape needs
  // Holds `bytes`, unless they lie in the pickle.
  std::shared_ptr<const std::string> owner;
};
// Nothing if `value` is something else.
std::optional<PickledBytes> BytesOf(const checkpoint::PickleValue& value);

}  // namespace wsel::data
