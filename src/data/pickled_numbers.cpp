#include "pickled_numbers.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <span>
#include <utility>

namespace wsel::data {
namespace {

using checkpoint::NodeOf;
using checkpoint::PickleBytes;
using checkpoint::PickleNode;
using checkpoint::PickleValue;
using Kind = PickleNode::Kind;

constexpr int kMaxDepth = 4;

// Text, or bytes as of Python 2.
std::optional<std::string_view> TextOf(const PickleValue& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return *text;
  if (const auto* bytes = std::get_if<PickleBytes>(&value)) return bytes->bytes;
  return std::nullopt;
}

// A call, by the name of its function without numpy's module, which was moved
// from "numpy.core" to "numpy._core".
struct Call {
  std::string function;
  std::span<const PickleValue> arguments;
  const PickleNode* state;  // a tuple, or null
};

std::optional<Call> CallOf(const PickleValue& value) {
  const PickleNode* object = NodeOf(value, Kind::kObject);
  if (object == nullptr) return std::nullopt;
  const PickleNode* arguments = NodeOf(object->items[1], Kind::kTuple);
  if (arguments == nullptr) return std::nullopt;
  const std::string name = checkpoint::GlobalName(object->items[0]);
  return Call{name.substr(name.rfind('.') + 1), arguments->items,
              NodeOf(object->items[2], Kind::kTuple)};
}

struct Buffer {
  std::string_view bytes;
  std::shared_ptr<const std::string> owner;
};

// Characters up to U+00FF, as bytes.
std::optional<std::string> Latin1Of(std::string_view utf8) {
  std::string bytes;
  bytes.reserve(utf8.size());
  for (size_t i = 0; i < utf8.size(); ++i) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    if (lead < 0x80) {
      bytes += utf8[i];
      continue;
    }
    if ((lead != 0xC2 && lead != 0xC3) || ++i == utf8.size()) {
      return std::nullopt;
    }
    bytes += static_cast<char>(lead << 6 | (utf8[i] & 0x3F));
  }
  return bytes;
}

// bytes; by protocols 0 to 2 of Python 3 they are _codecs.encode(text,
// "latin1").
std::optional<Buffer> BufferOf(const PickleValue& value) {
  if (const auto text = TextOf(value)) return Buffer{*text, nullptr};
  const auto call = CallOf(value);
  if (!call || call->function != "encode" || call->arguments.size() != 2) {
    return std::nullopt;
  }
  const auto text = TextOf(call->arguments[0]);
  if (!text || TextOf(call->arguments[1]) != "latin1") return std::nullopt;
  auto bytes = Latin1Of(*text);
  if (!bytes) return std::nullopt;
  auto owner = std::make_shared<const std::string>(*std::move(bytes));
  return Buffer{*owner, owner};
}

struct ElementType {
  char kind = 0;  // numpy's: i, u, f, b
  size_t size = 0;
  bool big_endian = false;
};

// numpy.dtype("u1", ...), with its byte order in the state.
std::optional<ElementType> TypeOf(const PickleValue& value) {
  const auto call = CallOf(value);
  if (!call || call->function != "dtype" || call->arguments.empty()) {
    return std::nullopt;
  }
  const auto text = TextOf(call->arguments[0]);
  constexpr std::string_view kKinds = "iufb";
  constexpr std::string_view kSizes = "1248";
  if (!text || text->size() != 2 || kKinds.find((*text)[0]) == kKinds.npos ||
      kSizes.find((*text)[1]) == kSizes.npos) {
    return std::nullopt;
  }
  const PickleNode* state = call->state;
  const bool big_endian = state != nullptr && state->items.size() > 1 &&
                          TextOf(state->items[1]) == ">";
  return ElementType{(*text)[0], static_cast<size_t>((*text)[1] - '0'),
                     big_endian};
}

// The product of a shape's sizes; nothing if one is negative or it overflows.
std::optional<size_t> CountOf(const std::vector<int64_t>& shape) {
  size_t count = 1;
  for (const int64_t size : shape) {
    if (size < 0 ||
        __builtin_mul_overflow(count, static_cast<size_t>(size), &count)) {
      return std::nullopt;
    }
  }
  return count;
}

struct Array {
  std::vector<int64_t> shape;
  ElementType type;
  bool fortran = false;
  Buffer data;
};

bool IsTrue(const PickleValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  const auto* number = std::get_if<int64_t>(&value);  // Python 2's cPickle
  return number != nullptr && *number != 0;
}

std::optional<Array> MakeArray(const PickleValue& shape,
                               const PickleValue& type, const PickleValue& data,
                               bool fortran) {
  const PickleNode* sizes = NodeOf(shape, Kind::kTuple);
  const auto element = TypeOf(type);
  auto buffer = BufferOf(data);
  if (sizes == nullptr || !element || !buffer) return std::nullopt;
  Array array{{}, *element, fortran, *std::move(buffer)};
  for (const PickleValue& item : sizes->items) {
    const auto* size = std::get_if<int64_t>(&item);
    if (size == nullptr) return std::nullopt;
    array.shape.push_back(*size);
  }
  const auto count = CountOf(array.shape);
  const size_t bytes = array.data.bytes.size();
  if (!count || bytes % element->size != 0 || bytes / element->size != *count) {
    return std::nullopt;
  }
  return array;
}

// An array's state is: version, shape, dtype, whether it is in Fortran order,
// bytes. Protocol 5 writes _frombuffer(bytes, dtype, shape, order) instead.
std::optional<Array> ArrayOf(const PickleValue& value) {
  const auto call = CallOf(value);
  if (!call) return std::nullopt;
  const auto& arguments = call->arguments;
  if (call->function == "_reconstruct" && call->state != nullptr &&
      call->state->items.size() == 5) {
    const auto& state = call->state->items;
    return MakeArray(state[1], state[2], state[4], IsTrue(state[3]));
  }
  if (call->function == "_frombuffer" && arguments.size() >= 4) {
    const bool permuted = arguments.size() > 4 &&  // its axes
                          !std::holds_alternative<std::monostate>(arguments[4]);
    if (permuted) return std::nullopt;
    return MakeArray(arguments[2], arguments[1], arguments[0],
                     TextOf(arguments[3]) == "F");
  }
  if (call->function == "scalar" && arguments.size() == 2) {
    const auto type = TypeOf(arguments[0]);
    auto buffer = BufferOf(arguments[1]);
    if (type && buffer && buffer->bytes.size() == type->size) {
      return Array{{}, *type, false, *std::move(buffer)};
    }
  }
  return std::nullopt;
}

// Element i of the bytes; nothing if it is a fraction.
std::optional<int64_t> Element(const Array& array, size_t i) {
  const size_t size = array.type.size;
  uint64_t bits = 0;
  std::memcpy(&bits, array.data.bytes.data() + i * size, size);
  if (array.type.big_endian) bits = __builtin_bswap64(bits) >> (64 - 8 * size);
  if (array.type.kind == 'f') {
    const double number =
        size == 8   ? std::bit_cast<double>(bits)
        : size == 4 ? std::bit_cast<float>(static_cast<uint32_t>(bits))
                    : 0.5;  // half precision is not supported
    const bool whole = std::abs(number) < 1e15 && number == std::trunc(number);
    return whole ? std::optional(static_cast<int64_t>(number)) : std::nullopt;
  }
  const auto unused = static_cast<int>(64 - 8 * size);
  const auto number = static_cast<int64_t>(bits << unused);
  return array.type.kind == 'i' ? number >> unused : static_cast<int64_t>(bits);
}

// Where the elements of an array lie, in C order.
std::vector<size_t> Order(const Array& array, size_t count) {
  std::vector<size_t> order(count);
  for (size_t i = 0; i < count; ++i) {
    size_t at = i;
    if (array.fortran) {
      size_t stride = count;
      size_t rest = i;
      at = 0;
      for (size_t d = array.shape.size(); d-- > 0;) {
        const auto size = static_cast<size_t>(array.shape[d]);
        stride /= size;
        at += rest % size * stride;
        rest /= size;
      }
    }
    order[i] = at;
  }
  return order;
}

bool AddNumbers(const PickleValue& value, size_t max_count, int depth,
                PickledNumbers& numbers);

// Adds the items of a list: all of one shape, which follows its length.
bool AddItems(const PickleNode& list, size_t max_count, int depth,
              PickledNumbers& numbers) {
  // Lists of empty lists could take long although they hold nothing.
  if (list.items.empty() && depth < kMaxDepth) return false;
  std::vector<int64_t> inner;
  for (size_t i = 0; i < list.items.size(); ++i) {
    numbers.shape.clear();
    if (!AddNumbers(list.items[i], max_count, depth - 1, numbers)) return false;
    if (i == 0) inner = numbers.shape;
    if (numbers.shape != inner) return false;
  }
  numbers.shape = std::move(inner);
  numbers.shape.insert(numbers.shape.begin(),
                       static_cast<int64_t>(list.items.size()));
  return true;
}

// Appends to numbers.values, and sets numbers.shape.
bool AddNumbers(const PickleValue& value, size_t max_count, int depth,
                PickledNumbers& numbers) {
  const size_t room = max_count - numbers.values.size();
  if (const auto* number = std::get_if<int64_t>(&value)) {
    if (room == 0) return false;
    numbers.values.push_back(*number);
    return true;
  }
  const PickleNode* list = NodeOf(value, Kind::kList);
  if (list == nullptr) list = NodeOf(value, Kind::kTuple);
  if (list != nullptr) {
    return depth > 0 && AddItems(*list, max_count, depth, numbers);
  }
  const auto array = ArrayOf(value);
  if (!array) return false;
  const size_t count = array->data.bytes.size() / array->type.size;
  if (count > room || (count == 0 && depth < kMaxDepth)) return false;
  for (const size_t at : Order(*array, count)) {
    const auto number = Element(*array, at);
    if (!number) return false;
    numbers.values.push_back(*number);
  }
  numbers.shape = array->shape;
  return true;
}

}  // namespace

std::optional<std::string> PickledText(const PickleValue& value) {
  const auto buffer = BufferOf(value);
  return buffer ? std::optional<std::string>(buffer->bytes) : std::nullopt;
}

std::optional<PickledNumbers> NumbersOf(const PickleValue& value,
                                        size_t max_count) {
  PickledNumbers numbers;
  if (!AddNumbers(value, max_count, kMaxDepth, numbers)) return std::nullopt;
  return numbers;
}

std::optional<PickledBytes> BytesOf(const PickleValue& value) {
  auto array = ArrayOf(value);
  if (!array || array->fortran || array->type.kind != 'u' ||
      array->type.size != 1) {
    return std::nullopt;
  }
  return PickledBytes{std::move(array->shape), array->data.bytes,
                      std::move(array->data.owner)};
}

}  // namespace wsel::data
