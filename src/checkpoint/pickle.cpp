#include "wsel/checkpoint/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <initializer_list>
#include <new>
#include <unordered_map>
#include <utility>

#include "wsel/checkpoint/byte_cursor.h"
#include "wsel/checkpoint/refusal.h"

namespace wsel::checkpoint {
namespace {

using Kind = PickleNode::Kind;
using Items = std::pmr::vector<PickleValue>;

// A checkpoint of a large model with its optimizer makes some 50,000.
constexpr size_t kMaxValues = 4'000'000;

// The opcodes, by the names of Python's pickletools.
enum Op : uint8_t {
  kProto = 0x80,
  kStop = '.',
  kFrame = 0x95,
  kMark = '(',
  kPop = '0',
  kPopMark = '1',
  kDup = '2',
  kNone = 'N',
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kInt = 'I',  // Python 2's integers beyond 32 bits
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kLong1 = 0x8A,
  kLong4 = 0x8B,
  kBinFloat = 'G',
  kShortBinString = 'U',
  kBinString = 'T',
  kBinUnicode = 'X',
  kShortBinUnicode = 0x8C,
  kBinUnicode8 = 0x8D,
  kShortBinBytes = 'C',
  kBinBytes = 'B',
  kBinBytes8 = 0x8E,
  kByteArray8 = 0x96,
  kEmptyTuple = ')',
  kTuple = 't',
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kEmptyList = ']',
  kAppend = 'a',
  kAppends = 'e',
  kEmptyDict = '}',
  kSetItem = 's',
  kSetItems = 'u',
  kEmptySet = 0x8F,
  kAddItems = 0x90,
  kFrozenSet = 0x91,
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kMemoize = 0x94,
  kGlobal = 'c',
  kStackGlobal = 0x93,
  kInst = 'i',  // instances of Python 2's old classes
  kObj = 'o',
  kReduce = 'R',
  kNewObj = 0x81,
  kNewObjEx = 0x92,
  kBuild = 'b',
  kBinPersId = 'Q',
};

// No checkpoint needs these, and Python's loader would run them. torch blocks
// the first four modules too.
constexpr std::array<std::string_view, 10> kHostileModules = {
    "os",       "posix",  "nt",    "sys", "subprocess",
    "commands", "shutil", "runpy", "pty", "socket"};
constexpr std::array<std::string_view, 6> kHostileBuiltins = {
    "eval", "exec", "execfile", "compile", "open", "__import__"};

bool IsHostile(std::string_view module, std::string_view name) {
  const auto has = [](const auto& table, std::string_view text) {
    return std::find(table.begin(), table.end(), text) != table.end();
  };
  return has(kHostileModules, module) ||
         ((module == "builtins" || module == "__builtin__") &&
          has(kHostileBuiltins, name));
}

// Calls whose result is a plain container.
enum class Builds { kOther, kDict, kList, kTuple, kSet, kFirstArgument };

Builds BuiltBy(const std::string& callee) {
  static const std::unordered_map<std::string, Builds> kTable = {
      {"collections.OrderedDict", Builds::kDict},
      {"collections.Counter", Builds::kDict},
      {"collections.defaultdict", Builds::kDict},
      {"builtins.dict", Builds::kDict},
      {"__builtin__.dict", Builds::kDict},
      {"builtins.list", Builds::kList},
      {"__builtin__.list", Builds::kList},
      {"builtins.tuple", Builds::kTuple},
      {"__builtin__.tuple", Builds::kTuple},
      {"builtins.set", Builds::kSet},
      {"__builtin__.set", Builds::kSet},
      {"builtins.frozenset", Builds::kSet},
      {"__builtin__.frozenset", Builds::kSet},
      {"torch.Size", Builds::kTuple},
      {"torch.jit._pickle.build_intlist", Builds::kFirstArgument},
      {"torch.jit._pickle.build_tensorlist", Builds::kFirstArgument},
      {"torch.jit._pickle.build_doublelist", Builds::kFirstArgument},
      {"torch.jit._pickle.build_boollist", Builds::kFirstArgument},
      {"torch.jit._pickle.restore_type_tag", Builds::kFirstArgument},
  };
  const auto at = kTable.find(callee);
  return at == kTable.end() ? Builds::kOther : at->second;
}

// The stack machine that a pickle is a program for.
class Machine {
 public:
  Machine(std::span<const std::byte> bytes, const std::string& where,
          std::pmr::deque<PickleNode>& nodes)
      : cursor_(bytes, where),
        where_(where),
        nodes_(nodes),
        memory_(nodes.get_allocator()) {}

  PickleValue Run() try {
    for (;;) {
      at_ = cursor_.offset();
      const auto op = cursor_.Little<uint8_t>();
      if (op == kStop) return Pop();
      Step(op);
    }
  } catch (const std::bad_alloc&) {
    Bad(kOverAllowance);
  }

  size_t size() const { return cursor_.offset(); }
  size_t value_count() const { return value_count_; }

 private:
  // One group of opcodes each; the first that knows `op` does it.
  void Step(uint8_t op) {
    if (DoScalar(op) || DoText(op) || DoStack(op) || DoContainer(op) ||
        DoMemo(op) || DoObject(op)) {
      return;
    }
    constexpr std::string_view kOfOldProtocols = "FLPSVdglp";
    Bad(fmt::format(
        "opcode 0x{:02x} is {}; save the file again with torch.save", op,
        kOfOldProtocols.find(static_cast<char>(op)) != std::string_view::npos
            ? "of pickle protocols 0 and 1, which are not read"
            : "none that torch writes"));
  }

  bool DoScalar(uint8_t op) {
    switch (op) {
      case kNone:
        return Push(std::monostate());
      case kNewTrue:
        return Push(true);
      case kNewFalse:
        return Push(false);
      case kInt:
        return PushDecimal(cursor_.Line());
      case kBinInt:
        return Push(int64_t{static_cast<int32_t>(cursor_.Little<uint32_t>())});
      case kBinInt1:
        return Push(int64_t{cursor_.Little<uint8_t>()});
      case kBinInt2:
        return Push(int64_t{cursor_.Little<uint16_t>()});
      case kLong1:
        return PushLong(cursor_.Little<uint8_t>());
      case kLong4:
        return PushLong(cursor_.Little<uint32_t>());
      case kBinFloat:  // the one big-endian number of the format
        return Push(std::bit_cast<double>(
            __builtin_bswap64(cursor_.Little<uint64_t>())));
      default:
        return false;
    }
  }

  bool DoText(uint8_t op) {
    switch (op) {
      case kShortBinString:  // str of Python 2, which is text to checkpoints
      case kShortBinUnicode:
        return Push(cursor_.Text(cursor_.Little<uint8_t>()));
      case kBinString:
      case kBinUnicode:
        return Push(cursor_.Text(cursor_.Little<uint32_t>()));
      case kBinUnicode8:
        return Push(cursor_.Text(cursor_.Little<uint64_t>()));
      case kShortBinBytes:
        return Push(PickleBytes{cursor_.Text(cursor_.Little<uint8_t>())});
      case kBinBytes:
        return Push(PickleBytes{cursor_.Text(cursor_.Little<uint32_t>())});
      case kBinBytes8:
      case kByteArray8:
        return Push(PickleBytes{cursor_.Text(cursor_.Little<uint64_t>())});
      default:
        return false;
    }
  }

  bool DoStack(uint8_t op) {
    switch (op) {
      case kProto:
        return CheckProtocol(cursor_.Little<uint8_t>());
      case kFrame:  // a hint for buffered readers
        cursor_.Little<uint64_t>();
        return true;
      case kMark:
        Count();
        marks_.push_back(stack_.size());
        return true;
      case kPop:
        Pop();
        return true;
      case kPopMark:
        PopMark();
        return true;
      case kDup:
        return Push(Top());
      default:
        return false;
    }
  }

  bool DoContainer(uint8_t op) {
    switch (op) {
      case kEmptyTuple:
        return PushNode(Kind::kTuple, Made({}));
      case kTuple:
        return PushNode(Kind::kTuple, PopMark());
      case kTuple1:
        return PushNode(Kind::kTuple, PopSome(1));
      case kTuple2:
        return PushNode(Kind::kTuple, PopSome(2));
      case kTuple3:
        return PushNode(Kind::kTuple, PopSome(3));
      case kEmptyList:
        return PushNode(Kind::kList, Made({}));
      case kAppend:
        return Extend(Kind::kList, PopSome(1));
      case kAppends:
        return Extend(Kind::kList, PopMark());
      case kEmptyDict:
        return PushNode(Kind::kDict, Made({}));
      case kSetItem:
        return Extend(Kind::kDict, PopSome(2));
      case kSetItems:
        return Extend(Kind::kDict, PopMark());
      case kEmptySet:
        return PushNode(Kind::kSet, Made({}));
      case kAddItems:
        return Extend(Kind::kSet, PopMark());
      case kFrozenSet:
        return PushNode(Kind::kSet, PopMark());
      default:
        return false;
    }
  }

  bool DoMemo(uint8_t op) {
    switch (op) {
      case kBinGet:
        return Push(Recall(cursor_.Little<uint8_t>()));
      case kLongBinGet:
        return Push(Recall(cursor_.Little<uint32_t>()));
      case kBinPut:
        return Remember(cursor_.Little<uint8_t>());
      case kLongBinPut:
        return Remember(cursor_.Little<uint32_t>());
      case kMemoize:
        return Remember(static_cast<uint32_t>(memo_.size()));
      default:
        return false;
    }
  }

  bool DoObject(uint8_t op) {
    switch (op) {
      case kGlobal: {
        const std::string_view module = cursor_.Line();
        return PushGlobal(module, cursor_.Line());
      }
      case kStackGlobal: {
        const Items names = PopSome(2);
        return PushGlobal(TextOf(names[0]), TextOf(names[1]));
      }
      case kInst: {
        const std::string_view module = cursor_.Line();
        PushGlobal(module, cursor_.Line());
        const PickleValue callee = Pop();
        return Construct(callee, TupleOf(PopMark()));
      }
      case kObj: {
        Items parts = PopMark();
        if (parts.empty()) Bad("an instance has no class");
        const PickleValue callee = parts[0];
        parts.erase(parts.begin());
        return Construct(callee, TupleOf(std::move(parts)));
      }
      case kReduce:
      case kNewObj: {
        const Items parts = PopSome(2);
        return Construct(parts[0], parts[1]);
      }
      case kNewObjEx: {  // keyword arguments are not looked at by anyone
        const Items parts = PopSome(3);
        return Construct(parts[0], parts[1]);
      }
      case kBuild:
        return Build(Pop());
      case kBinPersId:
        return PushNode(Kind::kPersistent, PopSome(1));
      default:
        return false;
    }
  }

  void Count() {
    if (++value_count_ > kMaxValues) {
      Bad(fmt::format("makes more than {} values, as no checkpoint does",
                      kMaxValues));
    }
  }

  bool Push(PickleValue value) {
    Count();
    stack_.push_back(value);
    return true;
  }

  Items Made(std::initializer_list<PickleValue> values) const {
    return {values, memory_};
  }

  PickleValue TupleOf(Items items) {
    Count();
    return &nodes_.emplace_back(PickleNode{Kind::kTuple, std::move(items)});
  }

  bool PushNode(Kind kind, Items items) {
    return Push(&nodes_.emplace_back(PickleNode{kind, std::move(items)}));
  }

  bool PushLong(uint32_t length) {
    const std::string_view digits = cursor_.Text(length);
    if (length > 8) return Push(PickleBigInt{digits});
    const bool negative = !digits.empty() && (digits.back() & 0x80) != 0;
    int64_t value = negative ? -1 : 0;
    std::memcpy(&value, digits.data(), digits.size());
    return Push(value);
  }

  // In text; 00 and 01 are Python 2.2's bools.
  bool PushDecimal(std::string_view text) {
    if (text == "00" || text == "01") return Push(text == "01");
    int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end) {
      Bad(fmt::format("{} is no integer of 64 bits", Quoted(text)));
    }
    return Push(value);
  }

  bool CheckProtocol(uint8_t protocol) const {
    if (protocol >= 2 && protocol <= 5) return true;
    Bad(
        fmt::format("pickle protocol {} is not known; save the file again "
                    "with torch.save",
                    protocol));
  }

  // Values below the last mark are out of reach, as in Python.
  size_t Floor() const { return marks_.empty() ? 0 : marks_.back(); }

  PickleValue& Top() {
    if (stack_.size() <= Floor()) Bad("the stack is empty");
    return stack_.back();
  }

  PickleValue Pop() {
    const PickleValue value = Top();
    stack_.pop_back();
    return value;
  }

  Items PopSome(size_t count) {
    if (stack_.size() - Floor() < count) Bad("the stack is too short");
    return PopFrom(stack_.size() - count);
  }

  Items PopMark() {
    if (marks_.empty()) Bad("there is no mark");
    const size_t from = marks_.back();
    marks_.pop_back();
    return PopFrom(from);
  }

  Items PopFrom(size_t from) {
    const auto begin = stack_.begin() + static_cast<ptrdiff_t>(from);
    Items items(begin, stack_.end(), memory_);
    stack_.erase(begin, stack_.end());
    return items;
  }

  bool Remember(uint32_t key) {
    memo_[key] = Top();
    return true;
  }

  const PickleValue& Recall(uint32_t key) const {
    const auto at = memo_.find(key);
    if (at == memo_.end()) Bad(fmt::format("nothing is memorised as {}", key));
    return at->second;
  }

  std::string_view TextOf(const PickleValue& value) const {
    const auto* text = std::get_if<std::string_view>(&value);
    if (text == nullptr) Bad("a global's name is no text");
    return *text;
  }

  bool PushGlobal(std::string_view module, std::string_view name) {
    constexpr size_t kLongest = 1000;
    if (module.size() > kLongest || name.size() > kLongest) {
      Bad(fmt::format("a global's name is longer than {} bytes", kLongest));
    }
    if (IsHostile(module, name)) {
      Bad(
          fmt::format("calls {} on this computer wherever Python unpickles it: "
                      "the file is an attack; delete it",
                      Quoted(fmt::format("{}.{}", module, name))));
    }
    return PushNode(Kind::kGlobal, Made({module, name}));
  }

  // What callee(*arguments) is known to give, or the call as data.
  bool Construct(const PickleValue& callee, const PickleValue& arguments) {
    const PickleNode* tuple = NodeOf(arguments, Kind::kTuple);
    if (tuple == nullptr) {
      if (NodeOf(callee, Kind::kGlobal) == nullptr) {
        Bad("something is called without arguments");
      }
      // TorchScript calls an enumeration with the bare value.
      return PushObject(callee, arguments);
    }
    const bool none = tuple->items.empty();
    const PickleValue first = none ? PickleValue() : tuple->items[0];
    switch (BuiltBy(GlobalName(callee))) {
      case Builds::kDict:
        return PushNode(Kind::kDict, PairsOf(first));
      case Builds::kList:
        return PushNode(Kind::kList, ItemsOf(first));
      case Builds::kTuple:
        return PushNode(Kind::kTuple, ItemsOf(first));
      case Builds::kSet:
        return PushNode(Kind::kSet, ItemsOf(first));
      case Builds::kFirstArgument:
        if (!none) return Push(first);
        break;
      case Builds::kOther:
        break;
    }
    return PushObject(callee, arguments);
  }

  bool PushObject(const PickleValue& callee, const PickleValue& arguments) {
    return PushNode(Kind::kObject, Made({callee, arguments, std::monostate(),
                                         std::monostate()}));
  }

  // A copy of a container's items. Copies count, or copying copies would
  // double the memory with every call.
  Items ItemsOf(const PickleValue& value) {
    const auto* node = std::get_if<PickleNode*>(&value);
    if (node == nullptr || (*node)->kind > Kind::kSet) return Made({});
    for (size_t i = 0; i < (*node)->items.size(); ++i) Count();
    return {(*node)->items, memory_};
  }

  // Python 2 pickles OrderedDict([[key, value], ...]).
  Items PairsOf(const PickleValue& value) {
    Items pairs = Made({});
    for (const PickleValue& item : ItemsOf(value)) {
      const Items pair = ItemsOf(item);
      if (pair.size() != 2) Bad("a dictionary is made of no pairs");
      pairs.insert(pairs.end(), pair.begin(), pair.end());
    }
    return pairs;
  }

  // Adds to a container, or to the contents of an object that is one.
  bool Extend(Kind kind, Items items) {
    auto* const* top = std::get_if<PickleNode*>(&Top());
    PickleNode* node = top == nullptr ? nullptr : *top;
    if (node != nullptr && node->kind == Kind::kObject) {
      node = ContentsOf(*node, kind);
    }
    if (node == nullptr || node->kind != kind) {
      Bad("adds items to something that holds none of this kind");
    }
    if (kind == Kind::kDict && items.size() % 2 != 0) {
      Bad("a dictionary has a key without a value");
    }
    node->items.insert(node->items.end(), items.begin(), items.end());
    return true;
  }

  PickleNode* ContentsOf(PickleNode& object, Kind kind) {
    PickleValue& contents = object.items[3];
    if (std::holds_alternative<std::monostate>(contents)) {
      contents = &nodes_.emplace_back(PickleNode{kind, Made({})});
    }
    return std::get<PickleNode*>(contents);
  }

  // The state of a container (an OrderedDict's `_metadata`) says nothing of
  // tensors and is dropped.
  bool Build(const PickleValue& state) {
    auto* const* top = std::get_if<PickleNode*>(&Top());
    if (top == nullptr || (*top)->kind == Kind::kGlobal ||
        (*top)->kind == Kind::kPersistent) {
      Bad("gives a state to something that has none");
    }
    if ((*top)->kind == Kind::kObject) (*top)->items[2] = state;
    return true;
  }

  [[noreturn]] void Bad(std::string_view what) const {
    Refuse(where_, fmt::format("byte {} of the pickle: {}", at_, what));
  }

  ByteCursor cursor_;
  const std::string& where_;
  std::pmr::deque<PickleNode>& nodes_;
  std::pmr::polymorphic_allocator<> memory_;
  size_t at_ = 0;
  size_t value_count_ = 0;
  Items stack_{memory_};
  std::pmr::vector<size_t> marks_{memory_};
  std::pmr::unordered_map<uint32_t, PickleValue> memo_{memory_};
};

}  // namespace

Pickle::Pickle(std::span<const std::byte> bytes, const std::string& where,
               Allowance& allowance)
    : nodes_(&allowance) {
  Machine machine(bytes, where, nodes_);
  root_ = machine.Run();
  size_ = machine.size();
  value_count_ = machine.value_count();
}

Pickle::Pickle(std::span<const std::byte> bytes, const std::string& where)
    : Pickle(bytes, where, std::make_unique<Allowance>(bytes.size())) {}

Pickle::Pickle(std::span<const std::byte> bytes, const std::string& where,
               std::unique_ptr<Allowance> own)
    : Pickle(bytes, where, *own) {
  own_ = std::move(own);
}

const PickleNode* NodeOf(const PickleValue& value, PickleNode::Kind kind) {
  auto* const* node = std::get_if<PickleNode*>(&value);
  return node != nullptr && (*node)->kind == kind ? *node : nullptr;
}

std::string GlobalName(const PickleValue& value) {
  const PickleNode* global = NodeOf(value, Kind::kGlobal);
  if (global == nullptr) return "";
  return fmt::format("{}.{}", std::get<std::string_view>(global->items[0]),
                     std::get<std::string_view>(global->items[1]));
}

}  // namespace wsel::checkpoint
