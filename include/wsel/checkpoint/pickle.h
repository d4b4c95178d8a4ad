// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wsel/checkpoint/allowance.h"

namespace wsel::checkpoint {

struct PickleNode;

struct PickleBytes {
  std::string_view bytes;
};
// An integer beyond 64 bits: little-endian two's complement.
struct PickleBigInt {
  std::string_view bytes;
};

// A pickled value; monostate is None. Texts point into the pickle.
using PickleValue =
    std::variant<std::monostate, bool, int64_t, double, std::string_view,
                 PickleBytes, PickleBigInt, PickleNode*>;

// What is made of other values. Nodes may be shared, and may contain
// themselves.
struct PickleNode {
  enum class Kind {
    kList,
    kTuple,
    kSet,
    kDict,        // items: key, value, key, value, ...
    kGlobal,      // items: module, name. A class or function; never looked up
    kObject,      // items: callee, arguments, state, contents (a list or dict)
    kPersistent,  // items: the id that the container understands
  };
  Kind kind;
  std::pmr::vector<PickleValue> items;
};

// What a pickle says, without doing it: interprets the opcodes that torch's
// weights-only loader accepts, those of protocols 3 to 5, and what Python 2
// writes in protocol 2. Not protocols 0 and 1. Dictionaries,
// sets, torch.Size and TorchScript's typed lists become containers; every
// other call stays an object node {callee, arguments, state}, data and never
// code. Globals that would hand the computer to the file's author in Python
// (os.system, eval, ...) are refused, though they are inert here, since such a
// file is an attack. Nothing recurses.
class Pickle {
 public:
  // `bytes` and `allowance` must outlive this object; `where` names it in
  // messages. Errors: kFormat, with the byte.
  Pickle(std::span<const std::byte> bytes, const std::string& where,
         Allowance& allowance);
  // With an allowance of its own.
  Pickle(std::span<const std::byte> bytes, const std::string& where);
  Pickle(const Pickle&) = delete;
  Pickle& operator=(const Pickle&) = delete;

  const PickleValue& root() const { return root_; }
  // Bytes up to and with the STOP; what follows is not looked at.
  size_t size() const { return size_; }
  // In the order of the pickle.
  const std::pmr::deque<PickleNode>& nodes() const { return nodes_; }
  // How many values were made: what a walk over a tree of this size may cost.
  size_t value_count() const { return value_count_; }

 private:
  Pickle(std::span<const std::byte> bytes, const std::string& where,
         std::unique_ptr<Allowance> own);

  std::unique_ptr<Allowance> own_;  // null where it is another's
  // All nodes, so that cycles do not leak and deep nesting does not recurse.
  std::pmr::deque<PickleNode> nodes_;
  PickleValue root_;
  size_t size_ = 0;
  size_t value_count_ = 0;
};

// The node of that kind, or null where `value` is something else.
const PickleNode* NodeOf(const PickleValue& value, PickleNode::Kind kind);
// "torch._utils._rebuild_tensor_v2" for a global, else "".
std::string GlobalName(const PickleValue& value);

}  // namespace wsel::checkpoint
