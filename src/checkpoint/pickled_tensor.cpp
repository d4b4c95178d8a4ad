#include "wsel/checkpoint/pickled_tensor.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "wsel/checkpoint/refusal.h"

namespace wsel::checkpoint {
namespace {

using Kind = PickleNode::Kind;
using Items = std::vector<PickleValue>;

constexpr std::array<std::pair<std::string_view, DType>, 10> kStorages = {{
    {"BoolStorage", DType::kBool},
    {"ByteStorage", DType::kU8},
    {"CharStorage", DType::kI8},
    {"ShortStorage", DType::kI16},
    {"IntStorage", DType::kI32},
    {"LongStorage", DType::kI64},
    {"HalfStorage", DType::kF16},
    {"BFloat16Storage", DType::kBF16},
    {"FloatStorage", DType::kF32},
    {"DoubleStorage", DType::kF64},
}};

// Reads the arguments of one call to torch._utils._rebuild_tensor*.
class Rebuild {
 public:
  Rebuild(std::string_view path, const std::string& name)
      : path_(path), name_(name) {}

  // _rebuild_tensor(storage, offset, size, stride), and _v2, which adds
  // requires_grad and backward_hooks.
  PickledTensor Typed(const Items& arguments) const {
    PickledTensor tensor = Geometry(arguments);
    const Items& storage = StorageId(arguments[0]);
    tensor.spec.dtype = StorageType(storage[1]);
    const auto size = static_cast<int64_t>(SizeOf(tensor.spec.dtype));
    if (__builtin_mul_overflow(Integer(storage[4]), size,
                               &tensor.storage_bytes)) {
      Bad("has a storage of more elements than memory has bytes");
    }
    return tensor;
  }

  // _rebuild_tensor_v3 adds the dtype; its storage counts bytes.
  PickledTensor Untyped(const Items& arguments) const {
    if (arguments.size() < 7) Bad("is built of too few arguments");
    PickledTensor tensor = Geometry(arguments);
    std::string dtype = GlobalName(arguments[6]);
    if (dtype.starts_with("torch.")) dtype.erase(0, 6);
    const auto known = DTypeByName(dtype);
    if (!known) ThrowType(dtype);
    tensor.spec.dtype = *known;
    tensor.storage_bytes = Integer(StorageId(arguments[0])[4]);
    return tensor;
  }

  [[noreturn]] void Bad(std::string_view what) const {
    Refuse(AtTensor(path_, name_), what);
  }

 private:
  PickledTensor Geometry(const Items& arguments) const {
    if (arguments.size() < 4) Bad("is built of too few arguments");
    PickledTensor tensor;
    tensor.spec.name = name_;
    const auto* key =
        std::get_if<std::string_view>(&StorageId(arguments[0])[2]);
    if (key == nullptr) Bad("has a storage without a key");
    tensor.storage = *key;
    tensor.offset = Integer(arguments[1]);
    tensor.spec.shape = Integers(arguments[2]);
    tensor.strides = Integers(arguments[3]);
    return tensor;
  }

  // ("storage", class, key, location, size)
  const Items& StorageId(const PickleValue& value) const {
    const PickleNode* storage = NodeOf(value, Kind::kPersistent);
    const PickleNode* id =
        storage == nullptr ? nullptr : NodeOf(storage->items[0], Kind::kTuple);
    if (id == nullptr || id->items.size() < 5) {
      Bad("is built of something that is no storage");
    }
    return id->items;
  }

  // "torch.FloatStorage", or "torch.cuda.FloatStorage": where it was when it
  // was saved does not matter.
  DType StorageType(const PickleValue& value) const {
    const std::string type = GlobalName(value);
    const std::string name = type.substr(type.rfind('.') + 1);
    for (const auto& [known, dtype] : kStorages) {
      if (name == known) return dtype;
    }
    ThrowType(type);
  }

  int64_t Integer(const PickleValue& value) const {
    const auto* number = std::get_if<int64_t>(&value);
    if (number == nullptr || *number < 0) {
      Bad("has a size, stride or offset that is no count");
    }
    return *number;
  }

  std::vector<int64_t> Integers(const PickleValue& value) const {
    constexpr size_t kMaxRank = 64;  // as in torch
    const PickleNode* node = NodeOf(value, Kind::kTuple);
    if (node == nullptr) node = NodeOf(value, Kind::kList);
    if (node == nullptr || node->items.size() > kMaxRank) {
      Bad("has a shape or strides that are no short list of numbers");
    }
    std::vector<int64_t> numbers;
    numbers.reserve(node->items.size());
    for (const auto& item : node->items) numbers.push_back(Integer(item));
    return numbers;
  }

  [[noreturn]] void ThrowType(std::string_view type) const {
    Bad(
        fmt::format("has elements of type {}, which are not read; convert it "
                    "to a floating type in Python and save again",
                    Quoted(type)));
  }

  std::string_view path_;
  const std::string& name_;
};

// What stands for a tensor and is one for us: a parameter, a subclass.
// `callee` and `arguments` are replaced by those of the call inside.
bool Unwrap(PickleValue& callee, PickleValue& arguments) {
  const std::string name = GlobalName(callee);
  const PickleNode* tuple = NodeOf(arguments, Kind::kTuple);
  if (tuple == nullptr) return false;
  if (name == "torch._tensor._rebuild_from_type_v2") {
    if (tuple->items.size() < 3) return false;
    const Items items = tuple->items;  // function, type, arguments, state
    callee = items[0];
    arguments = items[2];
    return true;
  }
  if (name != "torch._utils._rebuild_parameter" &&
      name != "torch._utils._rebuild_parameter_with_state" &&
      name != "torch.nn.parameter.Parameter") {
    return false;
  }
  const PickleNode* inner =
      tuple->items.empty() ? nullptr : NodeOf(tuple->items[0], Kind::kObject);
  if (inner == nullptr) return false;
  callee = inner->items[0];
  arguments = inner->items[1];
  return true;
}

}  // namespace

std::optional<PickledTensor> ReadPickledTensor(const PickleValue& value,
                                               std::string_view path,
                                               const std::string& name) {
  const PickleNode* object = NodeOf(value, Kind::kObject);
  if (object == nullptr) return std::nullopt;
  PickleValue callee = object->items[0];
  PickleValue arguments = object->items[1];
  // A parameter of a subclass is two deep; a parameter of itself has no end.
  for (int depth = 0; depth < 4 && Unwrap(callee, arguments); ++depth) {
  }
  const std::string function = GlobalName(callee);
  if (!function.starts_with("torch._utils._rebuild_")) return std::nullopt;

  const Rebuild rebuild(path, name);
  const PickleNode* tuple = NodeOf(arguments, Kind::kTuple);
  if (tuple == nullptr) rebuild.Bad("is built of no arguments");
  if (function == "torch._utils._rebuild_tensor" ||
      function == "torch._utils._rebuild_tensor_v2") {
    return rebuild.Typed(tuple->items);
  }
  if (function == "torch._utils._rebuild_tensor_v3") {
    return rebuild.Untyped(tuple->items);
  }
  rebuild.Bad(
      fmt::format("is of a kind that is not read ({}): sparse, "
                  "quantised, nested or without numbers; save it as "
                  "an ordinary tensor",
                  Quoted(function)));
}

}  // namespace wsel::checkpoint
