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

#include "wsel/checkpoint/allocation_limit.h"

namespace wsel::checkpoint {

struct PickleNode;

struct PickleBytes {
  std::string_view bytes;
};
// An integer beyond 64 bits: little-endian two's complement.
struct PickleBigInt {
  std::string_view bytes;
};

// A pickled value; monostate is None. Strings point into the
// pickle, or into the Pickle where they were escaped.
using PickleValue =
    std::variant<std::monostate, bool, int64_t, double, std::string_view,
                 PickleBytes, PickleBigInt, PickleNode*>;

// A value that contains others. Nodes may be shared or contain themselves.
struct PickleNode {
  enum class Kind {
    kList,
    kTuple,
    kSet,
    kDict,        // items: key, value, key, value, ...
    kGlobal,      // items: module, name. A class or function; never looked up
    kObject,      // items: callee, arguments, state, contents (a list or dict)
    kPersistent,  // items: the persistent id, which the container resolves
  };
  Kind kind;
  std::pmr::vector<PickleValue> items;
};

enum class PickleOpcodes {
  kTorch,  // those of torch's weights-only loader and of protocols 3 to 5, and
           // what Python 2 writes in protocol 2
  kAll,    // also the lines of text of protocols 0 and 1
};

// Parses a pickle without executing it. Dictionaries, sets, torch.Size and
// TorchScript's typed lists become containers; any other call becomes an object
// node {callee, arguments, state}: it is data and never run. Globals that run
// arbitrary code when Python unpickles them (os.system, eval, ...) are an error
// although they are inert here, since such a file is malicious. Not recursive,
// so deep nesting cannot overflow the stack.
class Pickle {
 public:
  // `bytes` and `limit` must outlive this object; `where` names it in
  // messages. Errors: kFormat, with the byte.
  Pickle(std::span<const std::byte> bytes, const std::string& where,
         AllocationLimit& limit);
  // With its own limit.
  Pickle(std::span<const std::byte> bytes, const std::string& where,
         PickleOpcodes opcodes = PickleOpcodes::kTorch);
  Pickle(const Pickle&) = delete;
  Pickle& operator=(const Pickle&) = delete;

  const PickleValue& root() const { return root_; }
  // Bytes up to and including the STOP opcode; the rest is ignored.
  size_t size() const { return size_; }
  // In pickle order.
  const std::pmr::deque<PickleNode>& nodes() const { return nodes_; }
  // How many values were created: bounds the steps of a walk over the tree.
  size_t value_count() const { return value_count_; }

 private:
  Pickle(std::span<const std::byte> bytes, const std::string& where,
         std::unique_ptr<AllocationLimit> own, PickleOpcodes opcodes);
  Pickle(std::span<const std::byte> bytes, const std::string& where,
         AllocationLimit& limit, PickleOpcodes opcodes);

  std::unique_ptr<AllocationLimit> own_;  // null if the caller's is used
  // All nodes, so that cycles do not leak and deep nesting does not recurse.
  std::pmr::deque<PickleNode> nodes_;
  std::pmr::deque<std::pmr::string> texts_;  // that are escaped in the pickle
  PickleValue root_;
  size_t size_ = 0;
  size_t value_count_ = 0;
};

// The node, or null if `value` is not a node of that kind.
const PickleNode* NodeOf(const PickleValue& value, PickleNode::Kind kind);
// "torch._utils._rebuild_tensor_v2" for a global, else "".
std::string GlobalName(const PickleValue& value);

}  // namespace wsel::checkpoint
