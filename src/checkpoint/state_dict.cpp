#include "wsel/checkpoint/state_dict.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "wsel/checkpoint/mapped_checkpoint.h"
#include "wsel/checkpoint/refusal.h"
#include "wsel/checkpoint/utf8.h"

namespace wsel::checkpoint {
namespace {

using Kind = PickleNode::Kind;

constexpr size_t kMaxDepth = 100;
constexpr size_t kMaxName = 1024;
constexpr size_t kMaxText = 1024;
constexpr size_t kMaxMetadata = 4096;
constexpr size_t kMaxListed = 64;
// Of a tree without shared parts, a walk sees every value once. Tied modules
// are seen a few times.
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

std::string KeyText(const PickleValue& key) {
  if (const auto* text = std::get_if<std::string_view>(&key)) {
    return std::string(text->substr(0, kMaxName + 1));
  }
  return ScalarText(key).value_or("?");
}

// What is made of a tensor, here and on the way to a MappedCheckpoint: a
// vector that grows holds its elements up to three times.
uint64_t CostOf(const PickledTensor& tensor) {
  const size_t numbers = tensor.spec.shape.size() + 2 * tensor.strides.size();
  return 3 * sizeof(PickledTensor) + kCostOfTensor + numbers * sizeof(int64_t) +
         tensor.spec.name.size() + tensor.refusal.size();
}

class Walk {
 public:
  Walk(const Pickle& pickle, std::string_view path, Allowance& allowance)
      : path_(path),
        allowance_(allowance),
        visits_left_(1000 + kMaxVisitsPerValue * pickle.value_count()) {}

  void Visit(const PickleValue& value, bool scalars) {
    if (visits_left_-- == 0) {
      Refuse(path_,
             "its values share so many parts that they unfold without end: "
             "the file is broken or an attack, get another copy");
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
      case Kind::kSet:  // has no order, so its members have no names
      case Kind::kGlobal:
      case Kind::kPersistent:
        return;
    }
  }

  // False where the node is not to be looked into: an object that refers back
  // to its owner (a scheduler to its optimizer) holds nothing new.
  bool Enter(const PickleNode* node) {
    if (std::find(inside_.begin(), inside_.end(), node) != inside_.end()) {
      const bool has_object =
          std::any_of(inside_.begin(), inside_.end(),
                      [](const auto* n) { return n->kind == Kind::kObject; });
      if (has_object) return false;
      Refuse(path_, fmt::format("{} contains itself; save the state_dict "
                                "alone",
                                Quoted(name_)));
    }
    if (inside_.size() == kMaxDepth) {
      Refuse(path_, fmt::format("{} is nested more than {} deep; save the "
                                "state_dict alone",
                                Quoted(name_), kMaxDepth));
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
    for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
      const std::string key = KeyText(dict.items[i]);
      const bool of_module =
          key == "_parameters" || key == "_buffers" || key == "_modules";
      if (of_object && of_module) {
        Visit(dict.items[i + 1], scalars);
      } else {
        VisitNamed(key, dict.items[i + 1], scalars);
      }
    }
  }

  // Attributes are in the state, a dictionary, or with __slots__ a pair of
  // them; what a list or dict subclass holds is in the contents.
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
      Refuse(path_, fmt::format("{} is a name of more than {} bytes",
                                Quoted(key), kMaxName));
    }
    if (length > 0) name_ += '.';
    name_ += key;
    Visit(value, scalars);
    name_.resize(length);
  }

  bool AddTensor(const PickleValue& value) {
    auto tensor =
        ReadPickledTensor(value, path_, name_.empty() ? alone_ : name_);
    if (!tensor) return false;
    if (result_.tensors.size() + result_.unread.size() == kMaxTensors) {
      Refuse(path_, fmt::format("holds more than {} tensors", kMaxTensors));
    }
    allowance_.Spend(CostOf(*tensor), AtTensor(path_, tensor->spec.name));
    if (!tensor->refusal.empty()) {
      result_.unread.push_back(
          {std::move(tensor->spec.name), std::move(tensor->refusal)});
      return true;
    }
    result_.tensors.push_back(*std::move(tensor));
    return true;
  }

  void AddScalar(const PickleValue& value) {
    if (result_.metadata.size() == kMaxMetadata || !IsTensorName(name_)) return;
    if (auto text = ScalarText(value)) {
      allowance_.Spend(kCostOfEntry + name_.size() + text->size(), path_);
      result_.metadata.emplace(name_, *std::move(text));
    }
  }

  const std::string alone_ = "tensor";  // a name for the root
  std::string_view path_;
  Allowance& allowance_;
  size_t visits_left_;
  std::string name_;
  std::vector<const PickleNode*> inside_;
  StateDict result_;
};

}  // namespace

StateDict ReadStateDict(const Pickle& pickle, std::string_view path,
                        Allowance& allowance) {
  Walk walk(pickle, path, allowance);
  walk.Visit(pickle.root(), true);
  return walk.Result();
}

}  // namespace wsel::checkpoint
