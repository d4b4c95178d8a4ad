#include "state_dict.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

#include "wsel/checkpoint/format_error.h"
#include "wsel/core/utf8.h"

namespace wsel::checkpoint {
namespace {

using Kind = PickleNode::Kind;

constexpr size_t kMaxDepth = 100;
constexpr size_t kMaxName = 1024;
constexpr size_t kMaxText = 1024;
constexpr size_t kMaxMetadata = 4096;
constexpr size_t kMaxListed = 64;
// A walk visits a value once, and shared ones (tied modules) a few times.
constexpr size_t kMaxVisitsPerValue = 16;

std::optional<std::string> ScalarText(const PickleValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) {
    return *flag ? "true" : "false";
  }
  if (const auto* number = std::get_if<int64_t>(&value)) {
    return std::to_string(*number);
  }
  if (const auto* number = std::get_if<double>(&value)) {
    return fmt::format("{}", *number);
  }
  const auto* text = std::get_if<std::string_view>(&value);
  if (text == nullptr || text->size() > kMaxText || !IsUtf8(*text)) {
    return std::nullopt;
  }
  return std::string(*text);
}

// The text of a key: a string, bytes, which protocol 2 writes as a call of
// _codecs.encode, or a scalar; nothing for others (tuples, dtypes, tensors).
std::optional<std::string> KeyText(const PickleValue& key) {
  const PickleValue* value = &key;
  if (const auto* call = NodeOf(key, Kind::kObject);
      call != nullptr && GlobalName(call->items[0]) == "_codecs.encode") {
    const auto* arguments = NodeOf(call->items[1], Kind::kTuple);
    if (arguments != nullptr && !arguments->items.empty()) {
      value = &arguments->items[0];
    }
  }
  if (const auto* text = std::get_if<std::string_view>(value)) {
    return std::string(text->substr(0, kMaxName + 1));
  }
  if (const auto* bytes = std::get_if<PickleBytes>(value)) {
    return std::string(bytes->bytes.substr(0, kMaxName + 1));
  }
  return ScalarText(*value);
}

// Names the entries of a dictionary. A key that is not a string gets the number
// of its entry ("?3") if it has no text, or one that another key has.
class KeyNames {
 public:
  KeyNames(const PickleNode& dict, std::string_view path,
           AllocationLimit& limit)
      : dict_(dict), path_(path), limit_(limit) {
    const auto is_other = [&](size_t i) { return !IsString(dict.items[i]); };
    const size_t count = dict.items.size() / 2;
    bool others = false;
    for (size_t i = 0; i < count && !others; ++i) others = is_other(2 * i);
    for (size_t i = 0; i < count && others; ++i) {
      if (!is_other(2 * i)) Take(*KeyText(dict.items[2 * i]));
    }
  }

  // Of the entry with the key items[i].
  std::string NameOf(size_t i) {
    const PickleValue& key = dict_.items[i];
    const auto text = KeyText(key);
    if (IsString(key)) return *text;
    if (text && IsTensorName(*text) && Take(*text)) return *text;
    return fmt::format("?{}", i / 2);
  }

 private:
  static bool IsString(const PickleValue& key) {
    return std::holds_alternative<std::string_view>(key);
  }

  bool Take(const std::string& name) {
    limit_.Charge(kBytesPerEntry + name.size(), path_);
    return taken_.insert(name).second;
  }

  const PickleNode& dict_;
  std::string_view path_;
  AllocationLimit& limit_;
  std::unordered_set<std::string> taken_;
};

// Memory for a tensor, here and on the way to a MappedCheckpoint. A growing
// vector holds up to three copies of its elements.
uint64_t BytesFor(const PickledTensor& tensor) {
  const size_t integers = tensor.spec.shape.size() + 2 * tensor.strides.size();
  return 3 * sizeof(PickledTensor) + kBytesPerTensor +
         integers * sizeof(int64_t) + tensor.spec.name.size() +
         tensor.unsupported_reason.size();
}

class Walk {
 public:
  Walk(const Pickle& pickle, std::string_view path, AllocationLimit& limit)
      : path_(path),
        limit_(limit),
        visits_left_(1000 + kMaxVisitsPerValue * pickle.value_count()) {}

  void Visit(const PickleValue& value, bool scalars) {
    if (visits_left_-- == 0) {
      ThrowFormatError(path_,
                       "its shared values expand without end; the file is "
                       "corrupt or malicious, get another copy");
    }
    auto* const* node = std::get_if<PickleNode*>(&value);
    if (node == nullptr) {
      if (scalars) AddScalar(value);
      return;
    }
    if (AddTensor(value) || !Enter(*node)) return;
    Descend(**node, scalars);
    inside_.pop_back();
  }

  StateDict Result() { return std::move(result_); }

 private:
  void Descend(const PickleNode& node, bool scalars) {
    switch (node.kind) {
      case Kind::kList:
      case Kind::kTuple:
        return VisitList(node, scalars);
      case Kind::kDict:
        return VisitDict(node, scalars, false);
      case Kind::kObject:
        return VisitObject(node, scalars);
      case Kind::kSet:  // unordered, so its members have no names
      case Kind::kGlobal:
      case Kind::kPersistent:
        return;
    }
  }

  // False if the node need not be visited: an object that refers back to its
  // owner (a scheduler to its optimizer) adds nothing new.
  bool Enter(const PickleNode* node) {
    if (std::ranges::find(inside_, node) != inside_.end()) {
      const auto object =
          std::ranges::find(inside_, Kind::kObject, &PickleNode::kind);
      if (object != inside_.end()) return false;
      ThrowFormatError(path_, "{} contains itself; save only the state_dict",
                       Quoted(name_));
    }
    if (inside_.size() == kMaxDepth) {
      ThrowFormatError(
          path_,
          "{} is nested more than {} levels deep; save only the state_dict",
          Quoted(name_), kMaxDepth);
    }
    inside_.push_back(node);
    return true;
  }

  void VisitList(const PickleNode& list, bool scalars) {
    scalars = scalars && list.items.size() <= kMaxListed;
    for (size_t i = 0; i < list.items.size(); ++i) {
      VisitNamed(std::to_string(i), list.items[i], scalars);
    }
  }

  void VisitDict(const PickleNode& dict, bool scalars, bool of_object) {
    KeyNames names(dict, path_, limit_);
    for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
      const std::string key = names.NameOf(i);
      const bool of_module =
          key == "_parameters" || key == "_buffers" || key == "_modules";
      if (of_object && of_module) {
        Visit(dict.items[i + 1], scalars);
      } else {
        VisitNamed(key, dict.items[i + 1], scalars);
      }
    }
  }

  // The state holds the attributes: a dictionary, or with __slots__ a pair of
  // them. The contents are the items of a list or dict subclass.
  void VisitObject(const PickleNode& object, bool scalars) {
    Visit(object.items[1], false);
    if (const auto* state = NodeOf(object.items[2], Kind::kDict)) {
      VisitDict(*state, scalars, true);
    } else {
      Visit(object.items[2], scalars);
    }
    Visit(object.items[3], scalars);
  }

  void VisitNamed(std::string_view key, const PickleValue& value,
                  bool scalars) {
    const bool is_scalar = !std::holds_alternative<PickleNode*>(value);
    const size_t length = name_.size();
    if (length + 1 + key.size() > kMaxName) {
      if (is_scalar) return;
      ThrowFormatError(path_, "the name ending in {} is longer than {} bytes",
                       Quoted(key), kMaxName);
    }
    if (length > 0) name_ += '.';
    name_ += key;
    Visit(value, scalars);
    name_.resize(length);
  }

  bool AddTensor(const PickleValue& value) {
    auto tensor =
        ReadPickledTensor(value, path_, name_.empty() ? root_name_ : name_);
    if (!tensor) return false;
    if (result_.tensors.size() + result_.unsupported.size() == kMaxTensors) {
      ThrowFormatError(path_, "holds more than {} tensors", kMaxTensors);
    }
    limit_.Charge(BytesFor(*tensor), AtTensor(path_, tensor->spec.name));
    if (tensor->unsupported_reason.empty()) {
      result_.tensors.push_back(*std::move(tensor));
    } else {
      result_.unsupported.push_back({std::move(tensor->spec.name),
                                     std::move(tensor->unsupported_reason)});
    }
    return true;
  }

  void AddScalar(const PickleValue& value) {
    if (result_.metadata.size() == kMaxMetadata || !IsTensorName(name_)) return;
    if (auto text = ScalarText(value)) {
      limit_.Charge(kBytesPerEntry + name_.size() + text->size(), path_);
      result_.metadata.emplace(name_, *std::move(text));
    }
  }

  const std::string root_name_ = "tensor";
  std::string_view path_;
  AllocationLimit& limit_;
  size_t visits_left_;
  std::string name_;
  std::vector<const PickleNode*> inside_;
  StateDict result_;
};

}  // namespace

StateDict ReadStateDict(const Pickle& pickle, std::string_view path,
                        AllocationLimit& limit) {
  Walk walk(pickle, path, limit);
  walk.Visit(pickle.root(), true);
  return walk.Result();
}

Contents LocateTensors(
    StateDict state,
    const std::function<std::span<const std::byte>(const PickledTensor&)>&
        storage_of,
    uint64_t file_size, const std::string& path) {
  Contents contents;
  for (PickledTensor& tensor : state.tensors) {
    contents.locations.push_back(
        LocateTensor(tensor, storage_of(tensor), file_size, path));
    contents.specs.push_back(std::move(tensor.spec));
  }
  contents.unsupported = std::move(state.unsupported);
  contents.metadata = std::move(state.metadata);
  return contents;
}

}  // namespace wsel::checkpoint
