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

#include "byte_cursor.h"
#include "wsel/checkpoint/format_error.h"

namespace wsel::checkpoint {
namespace {

using Kind = PickleNode::Kind;
using Items = std::pmr::vector<PickleValue>;

// A checkpoint of a large model with its optimizer has some 50,000.
constexpr size_t kMaxValues = 4'000'000;

// Opcodes, with their names in Python's pickletools.
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
  kInst = 'i',  // instances of Python 2's old-style classes
  kObj = 'o',
  kReduce = 'R',
  kNewObj = 0x81,
  kNewObjEx = 0x92,
  kBuild = 'b',
  kBinPersId = 'Q',
};

// No checkpoint needs these, and Python's unpickler would run them. torch
// blocks the first four modules too.
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

// What a known call returns: a plain container, or its first argument.
enum class CallResult { kOther, kDict, kList, kTuple, kSet, kFirstArgument };

CallResult ResultOf(const std::string& callee) {
  static const std::unordered_map<std::string, CallResult> kTable = {
      {"collections.OrderedDict", CallResult::kDict},
      {"collections.Counter", CallResult::kDict},
      {"collections.defaultdict", CallResult::kDict},
      {"builtins.dict", CallResult::kDict},
      {"__builtin__.dict", CallResult::kDict},
      {"builtins.list", CallResult::kList},
      {"__builtin__.list", CallResult::kList},
      {"builtins.tuple", CallResult::kTuple},
      {"__builtin__.tuple", CallResult::kTuple},
      {"builtins.set", CallResult::kSet},
      {"__builtin__.set", CallResult::kSet},
      {"builtins.frozenset", CallResult::kSet},
      {"__builtin__.frozenset", CallResult::kSet},
      {"torch.Size", CallResult::kTuple},
      {"torch.jit._pickle.build_intlist", CallResult::kFirstArgument},
      {"torch.jit._pickle.build_tensorlist", CallResult::kFirstArgument},
      {"torch.jit._pickle.build_doublelist", CallResult::kFirstArgument},
      {"torch.jit._pickle.build_boollist", CallResult::kFirstArgument},
      {"torch.jit._pickle.restore_type_tag", CallResult::kFirstArgument},
  };
  const auto at = kTable.find(callee);
  return at == kTable.end() ? CallResult::kOther : at->second;
}

// The stack machine that interprets a pickle.
class Unpickler {
 public:
  Unpickler(std::span<const std::byte> bytes, const std::string& where,
            std::pmr::deque<PickleNode>& nodes)
      : cursor_(bytes, where),
        where_(where),
        nodes_(nodes),
        memory_(nodes.get_allocator()) {}

  PickleValue Run() try {
    for (;;) {
      at_ = cursor_.offset();
      const auto op = cursor_.ReadInt<uint8_t>();
      if (op == kStop) return Pop();
      Step(op);
    }
  } catch (const std::bad_alloc&) {
    Fail(kOverLimit);
  }

  size_t size() const { return cursor_.offset(); }
  size_t value_count() const { return value_count_; }

 private:
  // Each handles one group of opcodes, and returns false for the others.
  void Step(uint8_t op) {
    if (DoScalar(op) || DoText(op) || DoStack(op) || DoContainer(op) ||
        DoMemo(op) || DoObject(op)) {
      return;
    }
    constexpr std::string_view kOldOpcodes = "FLPSVdglp";
    Fail(fmt::format(
        "opcode 0x{:02x} is {}; save the file again with torch.save", op,
        kOldOpcodes.find(static_cast<char>(op)) != std::string_view::npos
            ? "from pickle protocol 0 or 1, which are not supported"
            : "not one that torch writes"));
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
        return PushDecimal(cursor_.ReadLine());
      case kBinInt:
        return Push(int64_t{static_cast<int32_t>(cursor_.ReadInt<uint32_t>())});
      case kBinInt1:
        return Push(int64_t{cursor_.ReadInt<uint8_t>()});
      case kBinInt2:
        return Push(int64_t{cursor_.ReadInt<uint16_t>()});
      case kLong1:
        return PushLong(cursor_.ReadInt<uint8_t>());
      case kLong4:
        return PushLong(cursor_.ReadInt<uint32_t>());
      case kBinFloat:  // the only big-endian number in the format
        return Push(std::bit_cast<double>(
            __builtin_bswap64(cursor_.ReadInt<uint64_t>())));
      default:
        return false;
    }
  }

  bool DoText(uint8_t op) {
    switch (op) {
      case kShortBinString:  // Python 2's str, used for text in checkpoints
      case kShortBinUnicode:
        return Push(cursor_.ReadString(cursor_.ReadInt<uint8_t>()));
      case kBinString:
      case kBinUnicode:
        return Push(cursor_.ReadString(cursor_.ReadInt<uint32_t>()));
      case kBinUnicode8:
        return Push(cursor_.ReadString(cursor_.ReadInt<uint64_t>()));
      case kShortBinBytes:
        return Push(
            PickleBytes{cursor_.ReadString(cursor_.ReadInt<uint8_t>())});
      case kBinBytes:
        return Push(
            PickleBytes{cursor_.ReadString(cursor_.ReadInt<uint32_t>())});
      case kBinBytes8:
      case kByteArray8:
        return Push(
            PickleBytes{cursor_.ReadString(cursor_.ReadInt<uint64_t>())});
      default:
        return false;
    }
  }

  bool DoStack(uint8_t op) {
    switch (op) {
      case kProto:
        return CheckProtocol(cursor_.ReadInt<uint8_t>());
      case kFrame:  // a hint for buffered readers
        cursor_.ReadInt<uint64_t>();
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
        return PushNode(Kind::kTuple, MakeItems({}));
      case kTuple:
        return PushNode(Kind::kTuple, PopMark());
      case kTuple1:
        return PushNode(Kind::kTuple, PopItems(1));
      case kTuple2:
        return PushNode(Kind::kTuple, PopItems(2));
      case kTuple3:
        return PushNode(Kind::kTuple, PopItems(3));
      case kEmptyList:
        return PushNode(Kind::kList, MakeItems({}));
      case kAppend:
        return Extend(Kind::kList, PopItems(1));
      case kAppends:
        return Extend(Kind::kList, PopMark());
      case kEmptyDict:
        return PushNode(Kind::kDict, MakeItems({}));
      case kSetItem:
        return Extend(Kind::kDict, PopItems(2));
      case kSetItems:
        return Extend(Kind::kDict, PopMark());
      case kEmptySet:
        return PushNode(Kind::kSet, MakeItems({}));
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
        return Push(MemoGet(cursor_.ReadInt<uint8_t>()));
      case kLongBinGet:
        return Push(MemoGet(cursor_.ReadInt<uint32_t>()));
      case kBinPut:
        return MemoPut(cursor_.ReadInt<uint8_t>());
      case kLongBinPut:
        return MemoPut(cursor_.ReadInt<uint32_t>());
      case kMemoize:
        return MemoPut(static_cast<uint32_t>(memo_.size()));
      default:
        return false;
    }
  }

  bool DoObject(uint8_t op) {
    switch (op) {
      case kGlobal: {
        const std::string_view module = cursor_.ReadLine();
        return PushGlobal(module, cursor_.ReadLine());
      }
      case kStackGlobal: {
        const Items names = PopItems(2);
        return PushGlobal(TextOf(names[0]), TextOf(names[1]));
      }
      case kInst: {
        const std::string_view module = cursor_.ReadLine();
        PushGlobal(module, cursor_.ReadLine());
        const PickleValue callee = Pop();
        return Construct(callee, TupleOf(PopMark()));
      }
      case kObj: {
        Items parts = PopMark();
        if (parts.empty()) Fail("an instance has no class");
        const PickleValue callee = parts[0];
        parts.erase(parts.begin());
        return Construct(callee, TupleOf(std::move(parts)));
      }
      case kReduce:
      case kNewObj: {
        const Items parts = PopItems(2);
        return Construct(parts[0], parts[1]);
      }
      case kNewObjEx: {  // keyword arguments are ignored
        const Items parts = PopItems(3);
        return Construct(parts[0], parts[1]);
      }
      case kBuild:
        return Build(Pop());
      case kBinPersId:
        return PushNode(Kind::kPersistent, PopItems(1));
      default:
        return false;
    }
  }

  void Count() {
    if (++value_count_ > kMaxValues) {
      Fail(
          fmt::format("creates more than {} values, far more than a checkpoint",
                      kMaxValues));
    }
  }

  bool Push(PickleValue value) {
    Count();
    stack_.push_back(value);
    return true;
  }

  Items MakeItems(std::initializer_list<PickleValue> values) const {
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
    const std::string_view digits = cursor_.ReadString(length);
    if (length > 8) return Push(PickleBigInt{digits});
    const bool negative = !digits.empty() && (digits.back() & 0x80) != 0;
    int64_t value = negative ? -1 : 0;
    std::memcpy(&value, digits.data(), digits.size());
    return Push(value);
  }

  // An integer in decimal; 00 and 01 are the bools of protocols 0 and 1.
  bool PushDecimal(std::string_view text) {
    if (text == "00" || text == "01") return Push(text == "01");
    int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end) {
      Fail(fmt::format("{} is not a 64-bit integer", Quoted(text)));
    }
    return Push(value);
  }

  bool CheckProtocol(uint8_t protocol) const {
    if (protocol >= 2 && protocol <= 5) return true;
    Fail(
        fmt::format("pickle protocol {} is not supported; save the file again "
                    "with torch.save",
                    protocol));
  }

  // Values below the last mark cannot be popped, as in Python.
  size_t StackBase() const { return marks_.empty() ? 0 : marks_.back(); }

  PickleValue& Top() {
    if (stack_.size() <= StackBase()) Fail("the stack is empty");
    return stack_.back();
  }

  PickleValue Pop() {
    const PickleValue value = Top();
    stack_.pop_back();
    return value;
  }

  Items PopItems(size_t count) {
    if (stack_.size() - StackBase() < count) Fail("the stack is too short");
    return PopFrom(stack_.size() - count);
  }

  Items PopMark() {
    if (marks_.empty()) Fail("there is no mark");
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

  bool MemoPut(uint32_t key) {
    memo_[key] = Top();
    return true;
  }

  const PickleValue& MemoGet(uint32_t key) const {
    const auto at = memo_.find(key);
    if (at == memo_.end()) Fail(fmt::format("the memo has no entry {}", key));
    return at->second;
  }

  std::string_view TextOf(const PickleValue& value) const {
    const auto* text = std::get_if<std::string_view>(&value);
    if (text == nullptr) Fail("a global's name is not a string");
    return *text;
  }

  bool PushGlobal(std::string_view module, std::string_view name) {
    constexpr size_t kMaxName = 1000;
    if (module.size() > kMaxName || name.size() > kMaxName) {
      Fail(fmt::format("a global's name is longer than {} bytes", kMaxName));
    }
    if (IsHostile(module, name)) {
      Fail(
          fmt::format("would call {} if Python unpickled it: the file is "
                      "malicious; delete it",
                      Quoted(fmt::format("{}.{}", module, name))));
    }
    return PushNode(Kind::kGlobal, MakeItems({module, name}));
  }

  // Pushes the result of callee(*arguments) if known, else the call as data.
  bool Construct(const PickleValue& callee, const PickleValue& arguments) {
    const PickleNode* tuple = NodeOf(arguments, Kind::kTuple);
    if (tuple == nullptr) {
      if (NodeOf(callee, Kind::kGlobal) == nullptr) {
        Fail("a value is called without arguments");
      }
      // TorchScript calls an enum with the bare value.
      return PushObject(callee, arguments);
    }
    const bool none = tuple->items.empty();
    const PickleValue first = none ? PickleValue() : tuple->items[0];
    switch (ResultOf(GlobalName(callee))) {
      case CallResult::kDict:
        return PushNode(Kind::kDict, PairsOf(first));
      case CallResult::kList:
        return PushNode(Kind::kList, ItemsOf(first));
      case CallResult::kTuple:
        return PushNode(Kind::kTuple, ItemsOf(first));
      case CallResult::kSet:
        return PushNode(Kind::kSet, ItemsOf(first));
      case CallResult::kFirstArgument:
        if (!none) return Push(first);
        break;
      case CallResult::kOther:
        break;
    }
    return PushObject(callee, arguments);
  }

  bool PushObject(const PickleValue& callee, const PickleValue& arguments) {
    return PushNode(
        Kind::kObject,
        MakeItems({callee, arguments, std::monostate(), std::monostate()}));
  }

  // A copy of a container's items. They are counted: otherwise copies of copies
  // would double the memory with every call.
  Items ItemsOf(const PickleValue& value) {
    const auto* node = std::get_if<PickleNode*>(&value);
    if (node == nullptr || (*node)->kind > Kind::kSet) return MakeItems({});
    for (size_t i = 0; i < (*node)->items.size(); ++i) Count();
    return {(*node)->items, memory_};
  }

  // Python 2 pickles OrderedDict([[key, value], ...]).
  Items PairsOf(const PickleValue& value) {
    Items pairs = MakeItems({});
    for (const PickleValue& item : ItemsOf(value)) {
      const Items pair = ItemsOf(item);
      if (pair.size() != 2) Fail("a dictionary's item is not a pair");
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
      Fail("adds items to a value of the wrong kind");
    }
    if (kind == Kind::kDict && items.size() % 2 != 0) {
      Fail("a dictionary has a key without a value");
    }
    node->items.insert(node->items.end(), items.begin(), items.end());
    return true;
  }

  PickleNode* ContentsOf(PickleNode& object, Kind kind) {
    PickleValue& contents = object.items[3];
    if (std::holds_alternative<std::monostate>(contents)) {
      contents = &nodes_.emplace_back(PickleNode{kind, MakeItems({})});
    }
    return std::get<PickleNode*>(contents);
  }

  // The state of a container (an OrderedDict's `_metadata`) does not describe
  // tensors and is ignored.
  bool Build(const PickleValue& state) {
    auto* const* top = std::get_if<PickleNode*>(&Top());
    if (top == nullptr || (*top)->kind == Kind::kGlobal ||
        (*top)->kind == Kind::kPersistent) {
      Fail("sets the state of a value that has none");
    }
    if ((*top)->kind == Kind::kObject) (*top)->items[2] = state;
    return true;
  }

  [[noreturn]] void Fail(std::string_view what) const {
    ThrowFormatError(where_,
                     fmt::format("byte {} of the pickle: {}", at_, what));
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
               AllocationLimit& limit)
    : nodes_(&limit) {
  Unpickler unpickler(bytes, where, nodes_);
  root_ = unpickler.Run();
  size_ = unpickler.size();
  value_count_ = unpickler.value_count();
}

Pickle::Pickle(std::span<const std::byte> bytes, const std::string& where)
    : Pickle(bytes, where, std::make_unique<AllocationLimit>(bytes.size())) {}

Pickle::Pickle(std::span<const std::byte> bytes, const std::string& where,
               std::unique_ptr<AllocationLimit> own)
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
