#include "pickled_tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "wsel/checkpoint/format_error.h"

namespace wsel::checkpoint {
namespace {

using Kind = PickleNode::Kind;
using Bytes = std::span<const std::byte>;
using Items = std::pmr::vector<PickleValue>;

struct StorageType {
  std::string_view name;
  int64_t size;                // bytes per element
  std::optional<DType> dtype;  // nothing if not supported
};

constexpr std::array<StorageType, 18> kStorages = {{
    {"BoolStorage", 1, DType::kBool},
    {"ByteStorage", 1, DType::kU8},
    {"CharStorage", 1, DType::kI8},
    {"ShortStorage", 2, DType::kI16},
    {"IntStorage", 4, DType::kI32},
    {"LongStorage", 8, DType::kI64},
    {"HalfStorage", 2, DType::kF16},
    {"BFloat16Storage", 2, DType::kBF16},
    {"FloatStorage", 4, DType::kF32},
    {"DoubleStorage", 8, DType::kF64},
    {"UntypedStorage", 1, std::nullopt},
    {"ComplexFloatStorage", 8, std::nullopt},
    {"ComplexDoubleStorage", 16, std::nullopt},
    {"QInt8Storage", 1, std::nullopt},
    {"QUInt8Storage", 1, std::nullopt},
    {"QInt32Storage", 4, std::nullopt},
    {"QUInt4x2Storage", 1, std::nullopt},
    {"QUInt2x4Storage", 1, std::nullopt},
}};

// For "torch.FloatStorage" or "torch.cuda.FloatStorage": the device does not
// matter. Null if the type is unknown.
const StorageType* FindStorageType(const PickleValue& value) {
  const std::string type = GlobalName(value);
  const auto name = std::string_view{type}.substr(type.rfind('.') + 1);
  const auto* found = std::ranges::find(kStorages, name, &StorageType::name);
  return found == kStorages.end() ? nullptr : found;
}

// ("storage", class, key, location, count), and in legacy files (view key,
// offset, count) or None; null if the node does not refer to a storage.
const Items* StorageId(const PickleNode& persistent) {
  const PickleNode* id = NodeOf(persistent.items[0], Kind::kTuple);
  if (id == nullptr || id->items.size() < 5) return nullptr;
  const auto* kind = std::get_if<std::string_view>(&id->items[0]);
  const bool keyed = std::holds_alternative<std::string_view>(id->items[2]);
  return kind != nullptr && *kind == "storage" && keyed ? &id->items : nullptr;
}

// Reads the arguments of one call to torch._utils._rebuild_tensor*.
class RebuildReader {
 public:
  RebuildReader(std::string_view path, const std::string& name)
      : path_(path), name_(name) {}

  // _rebuild_tensor(storage, offset, size, stride), and _v2, which adds
  // requires_grad, backward_hooks and metadata.
  PickledTensor Typed(const Items& arguments) const {
    const Items& storage = StorageOf(arguments);
    const StorageType* type = FindStorageType(storage[1]);
    if (type == nullptr || !type->dtype) {
      return UnsupportedType(GlobalName(storage[1]));
    }
    if (IsNegated(arguments, 6)) return UnsupportedNegated();
    return Geometry(arguments, *type->dtype, type->size);
  }

  // _rebuild_tensor_v3 has the dtype before the metadata; its storage size is
  // in bytes.
  PickledTensor Untyped(const Items& arguments) const {
    if (arguments.size() < 7) Fail("is built from too few arguments");
    std::string dtype = GlobalName(arguments[6]);
    if (dtype.starts_with("torch.")) dtype.erase(0, 6);
    const auto known = DTypeByName(dtype);
    if (!known) return UnsupportedType(dtype);
    if (IsNegated(arguments, 7)) return UnsupportedNegated();
    return Geometry(arguments, *known, 1);
  }

  PickledTensor Unsupported(std::string reason) const {
    PickledTensor tensor;
    tensor.spec.name = name_;
    tensor.unsupported_reason = std::move(reason);
    return tensor;
  }

  [[noreturn]] void Fail(std::string_view what) const {
    ThrowFormatError(AtTensor(path_, name_), what);
  }

 private:
  PickledTensor UnsupportedType(std::string_view type) const {
    return Unsupported(
        fmt::format("has the unsupported element type {}; convert it to a "
                    "floating-point type in Python and save it again",
                    Quoted(type)));
  }

  PickledTensor UnsupportedNegated() const {
    return Unsupported(
        "is lazily negated, which is not supported; save it after "
        ".resolve_neg()");
  }

  // `unit`: bytes per unit of the storage's size.
  PickledTensor Geometry(const Items& arguments, DType dtype,
                         int64_t unit) const {
    const Items& storage = StorageOf(arguments);
    PickledTensor tensor;
    tensor.spec.name = name_;
    tensor.spec.dtype = dtype;
    tensor.storage = std::get<std::string_view>(storage[2]);
    tensor.offset = Integer(arguments[1]);
    tensor.spec.shape = Integers(arguments[2]);
    tensor.strides = Integers(arguments[3]);
    tensor.storage_bytes = ByteCount(Integer(storage[4]), unit);
    tensor.view_bytes = tensor.storage_bytes;
    if (storage.size() > 5) ReadView(storage[5], unit, tensor);
    return tensor;
  }

  void ReadView(const PickleValue& value, int64_t unit,
                PickledTensor& tensor) const {
    if (std::holds_alternative<std::monostate>(value)) return;
    const PickleNode* view = NodeOf(value, Kind::kTuple);
    if (view == nullptr || view->items.size() != 3) {
      Fail("its storage is a view that is not (key, offset, count)");
    }
    tensor.view_begin = ByteCount(Integer(view->items[1]), unit);
    tensor.view_bytes = ByteCount(Integer(view->items[2]), unit);
    if (tensor.view_begin > tensor.storage_bytes ||
        tensor.view_bytes > tensor.storage_bytes - tensor.view_begin) {
      Fail("its storage is a view that extends beyond the underlying storage");
    }
  }

  const Items& StorageOf(const Items& arguments) const {
    if (arguments.size() < 4) Fail("is built from too few arguments");
    const PickleNode* persistent = NodeOf(arguments[0], Kind::kPersistent);
    const Items* id = persistent == nullptr ? nullptr : StorageId(*persistent);
    if (id == nullptr) Fail("is built from a value that is not a storage");
    return *id;
  }

  bool IsNegated(const Items& arguments, size_t metadata) const {
    constexpr size_t kMaxFlags = 64;  // torch has two
    if (arguments.size() <= metadata) return false;
    const PickleNode* dict = NodeOf(arguments[metadata], Kind::kDict);
    if (dict == nullptr) return false;
    if (dict->items.size() > 2 * kMaxFlags) {
      Fail(fmt::format("has more than {} flags", kMaxFlags));
    }
    for (size_t i = 0; i + 1 < dict->items.size(); i += 2) {
      const auto* key = std::get_if<std::string_view>(&dict->items[i]);
      const auto* on = std::get_if<bool>(&dict->items[i + 1]);
      if (key != nullptr && *key == "neg" && on != nullptr && *on) return true;
    }
    return false;
  }

  int64_t ByteCount(int64_t count, int64_t unit) const {
    int64_t bytes = 0;
    if (__builtin_mul_overflow(count, unit, &bytes)) {
      Fail("has a storage size that overflows 64 bits");
    }
    return bytes;
  }

  int64_t Integer(const PickleValue& value) const {
    const auto* number = std::get_if<int64_t>(&value);
    if (number == nullptr || *number < 0) {
      Fail("has a size, stride or offset that is not an integer >= 0");
    }
    return *number;
  }

  std::vector<int64_t> Integers(const PickleValue& value) const {
    constexpr size_t kMaxRank = 64;  // as in torch
    const PickleNode* node = NodeOf(value, Kind::kTuple);
    if (node == nullptr) node = NodeOf(value, Kind::kList);
    if (node == nullptr || node->items.size() > kMaxRank) {
      Fail("has a shape or strides that are not a list of at most 64 integers");
    }
    std::vector<int64_t> integers;
    integers.reserve(node->items.size());
    for (const auto& item : node->items) integers.push_back(Integer(item));
    return integers;
  }

  std::string_view path_;
  const std::string& name_;
};

// If the call wraps a tensor (a parameter, a subclass), replaces `callee` and
// `arguments` by those of the wrapped call.
bool Unwrap(PickleValue& callee, PickleValue& arguments) {
  const std::string name = GlobalName(callee);
  const PickleNode* tuple = NodeOf(arguments, Kind::kTuple);
  if (tuple == nullptr) return false;
  if (name == "torch._tensor._rebuild_from_type_v2") {
    if (tuple->items.size() < 3) return false;
    callee = tuple->items[0];  // function, type, arguments, state
    arguments = tuple->items[2];
    return true;
  }
  if (name != "torch._utils._rebuild_parameter" &&
      name != "torch._utils._rebuild_parameter_with_state" &&
      name != "torch._utils._rebuild_device_tensor_from_cpu_tensor" &&
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

// The kind of tensor that a function builds; "" if it is not a known one.
std::string_view KindBuiltBy(std::string_view function) {
  constexpr std::string_view kRebuild = "torch._utils._rebuild_";
  if (function == "numpy.core.multiarray._reconstruct" ||
      function == "numpy._core.multiarray._reconstruct") {
    return "a NumPy array";
  }
  if (!function.starts_with(kRebuild)) return "";
  const auto kind = function.substr(kRebuild.size());
  if (kind.starts_with("sparse_")) return "sparse";
  if (kind == "qtensor") return "quantised";
  if (kind == "nested_tensor") return "nested";
  if (kind.starts_with("meta_tensor")) return "without data (on device 'meta')";
  if (kind == "device_tensor_from_numpy" || kind == "xla_tensor") {
    return "a TPU tensor saved as a NumPy array";
  }
  return "of an unknown kind";
}

// Computes the storage index of the last element; returns true on overflow.
bool LastElement(const PickledTensor& tensor, int64_t& last) {
  last = tensor.offset;
  for (size_t i = 0; i < tensor.strides.size(); ++i) {
    int64_t step = 0;
    if (__builtin_mul_overflow(tensor.spec.shape[i] - 1, tensor.strides[i],
                               &step) ||
        __builtin_add_overflow(last, step, &last)) {
      return true;
    }
  }
  return false;
}

// Stride 0 expands four bytes to a tensor of any size (torch.expand), which a
// copy would have to allocate, so there is a limit.
void CheckExpansion(int64_t count, DType dtype, uint64_t file_size,
                    const std::string& where) {
  constexpr uint64_t kExtra = 256U << 20U;
  const uint64_t max_count = (file_size + kExtra) / ItemSize(dtype);
  if (static_cast<uint64_t>(count) > max_count) {
    ThrowFormatError(where,
                     "is expanded to {} elements, far more than the file "
                     "holds; save it after .clone()",
                     count);
  }
}

// The part of the storage that the tensor addresses.
Bytes Cut(Bytes storage, const PickledTensor& tensor, uint64_t file_size,
          const std::string& where) {
  const auto count = Numel(tensor.spec.shape);
  if (!count || tensor.strides.size() != tensor.spec.shape.size()) {
    ThrowFormatError(where, "has the impossible shape {} with {} strides",
                     FormatShape(tensor.spec.shape), tensor.strides.size());
  }
  if (*count == 0) return {};
  CheckExpansion(*count, tensor.spec.dtype, file_size, where);
  const auto size = static_cast<int64_t>(ItemSize(tensor.spec.dtype));
  int64_t last = 0;
  int64_t end = 0;
  if (LastElement(tensor, last) || __builtin_add_overflow(last, 1, &end) ||
      __builtin_mul_overflow(end, size, &end) ||
      end > static_cast<int64_t>(storage.size())) {
    ThrowFormatError(where,
                     "{} extends beyond its storage of {} bytes; the file is "
                     "corrupt, download it again",
                     FormatShape(tensor.spec.shape), storage.size());
  }
  const auto begin = static_cast<size_t>(tensor.offset * size);
  return storage.subspan(begin, static_cast<size_t>(end) - begin);
}

}  // namespace

std::optional<PickledTensor> ReadPickledTensor(const PickleValue& value,
                                               std::string_view path,
                                               const std::string& name) {
  const PickleNode* object = NodeOf(value, Kind::kObject);
  if (object == nullptr) return std::nullopt;
  PickleValue callee = object->items[0];
  PickleValue arguments = object->items[1];
  // A parameter of a subclass takes two steps; cyclic ones would never end.
  int depth = 0;
  while (depth < 4 && Unwrap(callee, arguments)) ++depth;
  const std::string function = GlobalName(callee);
  const std::string_view kind = KindBuiltBy(function);
  const RebuildReader rebuild(path, name);
  if (kind.empty()) {
    if (depth == 0) return std::nullopt;
    return rebuild.Unsupported(
        fmt::format("is the result of calling {}, which is not run; save it as "
                    "a plain tensor",
                    Quoted(function)));
  }
  const PickleNode* tuple = NodeOf(arguments, Kind::kTuple);
  if (tuple == nullptr) rebuild.Fail("is built without arguments");
  if (depth == 0 && !std::holds_alternative<std::monostate>(object->items[2]) &&
      kind != "a NumPy array") {
    return rebuild.Unsupported(
        "is modified after it is built, which is not supported; save it as a "
        "plain tensor");
  }
  if (function == "torch._utils._rebuild_tensor" ||
      function == "torch._utils._rebuild_tensor_v2") {
    return rebuild.Typed(tuple->items);
  }
  if (function == "torch._utils._rebuild_tensor_v3") {
    return rebuild.Untyped(tuple->items);
  }
  return rebuild.Unsupported(fmt::format(
      "is {}, which is not supported ({}); save it as a plain tensor", kind,
      Quoted(function)));
}

TensorLocation LocateTensor(const PickledTensor& tensor, Bytes storage,
                            uint64_t file_size, const std::string& path) {
  const std::string where = AtTensor(path, tensor.spec.name);
  if (static_cast<uint64_t>(tensor.storage_bytes) > storage.size()) {
    ThrowFormatError(
        where,
        "its storage should have {} bytes and has {}; download the file again",
        tensor.storage_bytes, storage.size());
  }
  const Bytes view = storage.subspan(static_cast<size_t>(tensor.view_begin),
                                     static_cast<size_t>(tensor.view_bytes));
  TensorLocation location{tensor.strides, Cut(view, tensor, file_size, where)};
  if (location.strides == ContiguousStrides(tensor.spec.shape)) {
    location.strides.clear();
    location.strides.shrink_to_fit();
  }
  return location;
}

std::string_view StorageClass(DType dtype) {
  const auto found =
      std::ranges::find(kStorages, std::optional(dtype), &StorageType::dtype);
  return found == kStorages.end() ? "" : found->name;
}

std::optional<PickledStorage> ReadPickledStorage(const PickleNode& node,
                                                 std::string_view path) {
  const Items* id = StorageId(node);
  if (id == nullptr) return std::nullopt;
  const auto key = std::get<std::string_view>((*id)[2]);
  const std::string where = fmt::format("{}: storage {}", path, Quoted(key));
  const StorageType* type = FindStorageType((*id)[1]);
  if (type == nullptr) {
    ThrowFormatError(where, "has elements of unknown type {}",
                     Quoted(GlobalName((*id)[1])));
  }
  const auto* count = std::get_if<int64_t>(&(*id)[4]);
  if (count == nullptr || *count < 0) {
    ThrowFormatError(where, "has a size that is not an integer >= 0");
  }
  return PickledStorage{key, type->size, *count};
}

}  // namespace wsel::checkpoint
