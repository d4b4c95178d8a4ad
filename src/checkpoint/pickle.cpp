#include "wsel/checkpoint/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <concepts>
#include <cstring>
#include <initializer_list>
#include <new>
#include <type_traits>
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

// No checkpoint needs these, and Python's unpickler would run them. torch
// blocks the first four modules too.
constexpr std::array<std::string_view, 10> kHostileModules = {
    "os",       "posix",  "nt",    "sys", "subprocess",
    "commands", "shutil", "runpy", "pty", "socket"};
constexpr std::array<std::string_view, 6> kHostileBuiltins = {
    "eval", "exec", "execfile", "compile", "open", "__import__"};

bool Contains(const auto& table, std::string_view text) {
  return std::ranges::find(table, text) != table.end();
}

bool IsHostile(std::string_view module, std::string_view name) {
  return Contains(kHostileModules, module) ||
         ((module == "builtins" || module == "__builtin__") &&
          Contains(kHostileBuiltins, name));
}

// Calls that return a plain container of their first argument's items.
constexpr std::array<std::pair<std::string_view, Kind>, 14> kContainers = {{
    {"collections.OrderedDict", Kind::kDict},
    {"collections.Counter", Kind::kDict},
    {"collections.defaultdict", Kind::kDict},
    {"builtins.dict", Kind::kDict},
    {"__builtin__.dict", Kind::kDict},
    {"builtins.list", Kind::kList},
    {"__builtin__.list", Kind::kList},
    {"builtins.tuple", Kind::kTuple},
    {"__builtin__.tuple", Kind::kTuple},
    {"torch.Size", Kind::kTuple},
    {"builtins.set", Kind::kSet},
    {"__builtin__.set", Kind::kSet},
    {"builtins.frozenset", Kind::kSet},
    {"__builtin__.frozenset", Kind::kSet},
}};
// Calls that return their first argument.
constexpr std::array<std::string_view, 5> kFirstArgument = {
    "torch.jit._pickle.build_intlist", "torch.jit._pickle.build_tensorlist",
    "torch.jit._pickle.build_doublelist", "torch.jit._pickle.build_boollist",
    "torch.jit._pickle.restore_type_tag"};

// The stack machine that interprets a pickle.
class Unpickler {
 public:
  Unpickler(std::span<const std::byte> bytes, const std::string& where,
            std::pmr::deque<PickleNode>& nodes,
            std::pmr::deque<std::pmr::string>& texts, PickleOpcodes opcodes)
      : cursor_(bytes, where),
        where_(where),
        opcodes_(opcodes),
        nodes_(nodes),
        texts_(texts),
        memory_(nodes.get_allocator()) {}

  PickleValue Run() try {
    for (;;) {
      at_ = cursor_.offset();
      const auto op = cursor_.ReadInt<uint8_t>();
      if (op == '.') return Pop();  // STOP
      Step(op);
    }
  } catch (const std::bad_alloc&) {
    Fail(kOverLimit);
  }

  size_t size() const { return cursor_.offset(); }
  size_t value_count() const { return value_count_; }

 private:
  struct Opcode {
    uint8_t code;
    void (Unpickler::*run)();
  };
  static const std::array<Opcode, 53> kOpcodes;
  static const std::array<Opcode, 9> kTextOpcodes;

  void Step(uint8_t op) {
    const auto known = std::ranges::find(kOpcodes, op, &Opcode::code);
    if (known != kOpcodes.end()) return (this->*known->run)();
    const auto text = std::ranges::find(kTextOpcodes, op, &Opcode::code);
    const bool is_text = text != kTextOpcodes.end();
    if (is_text && opcodes_ == PickleOpcodes::kAll) {
      return (this->*text->run)();
    }
    Fail("opcode 0x{:02x} is {}; save the file again with torch.save", op,
         is_text ? "from pickle protocol 0 or 1, which are not supported"
                 : "not one that torch writes");
  }

  void CheckProtocol() {
    const auto protocol = cursor_.ReadInt<uint8_t>();
    if (protocol >= 2 && protocol <= 5) return;
    Fail(
        "pickle protocol {} is not supported; save the file again with "
        "torch.save",
        protocol);
  }

  void SkipFrame() { cursor_.ReadInt<uint64_t>(); }

  void PushMark() {
    Count();
    marks_.push_back(stack_.size());
  }
  void DropTop() { Pop(); }
  void DropMarked() { PopMark(); }
  void Duplicate() { Push(Top()); }

  void PushNone() { Push(std::monostate()); }
  template <bool kValue>
  void PushBool() {
    Push(kValue);
  }
  template <std::integral T>
  void PushInt() {
    Push(int64_t{static_cast<T>(cursor_.ReadInt<std::make_unsigned_t<T>>())});
  }
  // The only big-endian number in the format.
  void PushDouble() {
    Push(std::bit_cast<double>(__builtin_bswap64(cursor_.ReadInt<uint64_t>())));
  }

  template <typename Length>
  std::string_view ReadText() {
    return cursor_.ReadString(cursor_.ReadInt<Length>());
  }
  template <typename Length>
  void PushText() {
    Push(ReadText<Length>());
  }
  template <typename Length>
  void PushBytes() {
    Push(PickleBytes{ReadText<Length>()});
  }
  template <typename Length>
  void PushLong() {
    const auto digits = ReadText<Length>();
    if (digits.size() > 8) return Push(PickleBigInt{digits});
    const bool negative = !digits.empty() && (digits.back() & 0x80) != 0;
    int64_t value = negative ? -1 : 0;
    std::memcpy(&value, digits.data(), digits.size());
    Push(value);
  }

  template <typename T>
  T Parsed(std::string_view text, std::string_view what) const {
    T value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error == std::errc() && stop == end) return value;
    Fail("{} is not {}", Quoted(text), what);
  }
  int64_t Integer(std::string_view text) const {
    return Parsed<int64_t>(text, "a 64-bit integer");
  }

  // An integer in decimal; 00 and 01 are the bools of protocols 0 and 1.
  void PushDecimal() {
    const std::string_view text = cursor_.ReadLine();
    if (text == "00" || text == "01") return Push(text == "01");
    Push(Integer(text));
  }
  void PushLongLine() {
    std::string_view text = cursor_.ReadLine();
    if (text.ends_with('L')) text.remove_suffix(1);
    Push(Integer(text));
  }
  void PushDoubleLine() {
    Push(Parsed<double>(cursor_.ReadLine(), "a number"));
  }

  // The byte or character of `count` hexadecimal digits, removed from `rest`.
  uint32_t Hex(std::string_view& rest, size_t count) const {
    uint32_t value = 0;
    const std::string_view digits = rest.substr(0, count);
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value, 16);
    if (digits.size() != count || error != std::errc() || stop != end) {
      Fail("{} is not an escaped character", Quoted(digits));
    }
    rest.remove_prefix(count);
    return value;
  }

  // Python 2's str, as its repr().
  void PushReprLine() {
    std::string_view rest = cursor_.ReadLine();
    if (rest.size() < 2 || rest.front() != rest.back() ||
        (rest.front() != '\'' && rest.front() != '"')) {
      Fail("{} is not a quoted string", Quoted(rest));
    }
    rest = rest.substr(1, rest.size() - 2);
    std::pmr::string& text = texts_.emplace_back();
    text.reserve(rest.size());
    while (!rest.empty()) {
      char c = rest.front();
      rest.remove_prefix(1);
      if (c == '\\' && !rest.empty()) {
        c = rest.front();
        rest.remove_prefix(1);
        constexpr std::string_view kEscapes = "nrt";
        const size_t at = kEscapes.find(c);
        if (at != kEscapes.npos) c = "\n\r\t"[at];
        if (c == 'x') c = static_cast<char>(Hex(rest, 2));
      }
      text += c;
    }
    Push(std::string_view{text});
  }

  // Unicode text as Latin-1 with \uXXXX and \UXXXXXXXX, kept as UTF-8.
  void PushUnicodeLine() {
    std::string_view rest = cursor_.ReadLine();
    std::pmr::string& text = texts_.emplace_back();
    text.reserve(rest.size() +
                 static_cast<size_t>(std::ranges::count_if(
                     rest, [](char c) { return (c & 0x80) != 0; })));
    while (!rest.empty()) {
      uint32_t code = static_cast<unsigned char>(rest.front());
      const bool is_short = rest.starts_with("\\u");
      const bool escaped = is_short || rest.starts_with("\\U");
      rest.remove_prefix(escaped ? 2 : 1);
      if (escaped) code = Hex(rest, is_short ? 4 : 8);
      AppendUtf8(code, text);
    }
    Push(std::string_view{text});
  }

  void AppendUtf8(uint32_t code, std::pmr::string& text) const {
    if (code > 0x10FFFF) Fail("U+{:X} is not a character", code);
    if (code < 0x80) {
      text += static_cast<char>(code);
      return;
    }
    const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    text += static_cast<char>((0xF00U >> (more + 1)) | code >> (6 * more));
    for (int i = more - 1; i >= 0; --i) {
      text += static_cast<char>(0x80U | (code >> (6 * i) & 0x3FU));
    }
  }

  void PersistentLine() {
    PushNode(Kind::kPersistent, MakeItems({cursor_.ReadLine()}));
  }
  void PushMarkedDict() {
    Items items = PopMark();
    if (items.size() % 2 != 0) Fail("a dictionary has a key without a value");
    PushNode(Kind::kDict, std::move(items));
  }
  uint32_t MemoKey() {
    return Parsed<uint32_t>(cursor_.ReadLine(), "a key of the memo");
  }
  void MemoGetLine() { PushFromMemo(MemoKey()); }
  void MemoPutLine() { memo_[MemoKey()] = Top(); }

  // Pops the last `count` values, or those since the last mark.
  static constexpr size_t kMarked = -1;
  Items Take(size_t count) {
    return count == kMarked ? PopMark() : PopItems(count);
  }
  template <Kind kKind, size_t kCount>
  void PushNew() {
    PushNode(kKind, Take(kCount));
  }
  template <Kind kKind, size_t kCount>
  void AddTo() {
    Extend(kKind, Take(kCount));
  }

  template <typename Key>
  void MemoGet() {
    PushFromMemo(cursor_.ReadInt<Key>());
  }
  void PushFromMemo(uint32_t key) {
    const auto at = memo_.find(key);
    if (at == memo_.end()) Fail("the memo has no entry {}", key);
    Push(at->second);
  }
  template <typename Key>
  void MemoPut() {
    const uint32_t key = cursor_.ReadInt<Key>();
    memo_[key] = Top();
  }
  void Memoize() {
    const auto key = static_cast<uint32_t>(memo_.size());
    memo_[key] = Top();
  }

  void ReadGlobal() {
    const std::string_view module = cursor_.ReadLine();
    PushGlobal(module, cursor_.ReadLine());
  }
  void StackGlobal() {
    const Items names = PopItems(2);
    PushGlobal(TextOf(names[0]), TextOf(names[1]));
  }
  void Instance() {
    ReadGlobal();
    const PickleValue callee = Pop();
    Construct(callee, TupleOf(PopMark()));
  }
  void InstanceOfMarked() {
    Items parts = PopMark();
    if (parts.empty()) Fail("an instance has no class");
    const PickleValue callee = parts[0];
    parts.erase(parts.begin());
    Construct(callee, TupleOf(std::move(parts)));
  }
  // Of callee, arguments and more, which is ignored.
  template <size_t kCount>
  void Call() {
    const Items parts = PopItems(kCount);
    Construct(parts[0], parts[1]);
  }

  void Count() {
    if (++value_count_ > kMaxValues) {
      Fail("creates more than {} values, far more than a checkpoint",
           kMaxValues);
    }
  }

  void Push(PickleValue value) {
    Count();
    stack_.push_back(value);
  }

  Items MakeItems(std::initializer_list<PickleValue> values) const {
    return {values, memory_};
  }

  PickleValue TupleOf(Items items) {
    Count();
    return &nodes_.emplace_back(PickleNode{Kind::kTuple, std::move(items)});
  }

  void PushNode(Kind kind, Items items) {
    Push(&nodes_.emplace_back(PickleNode{kind, std::move(items)}));
  }

  // Values below the last mark cannot be popped, as in Python.
  size_t StackBase() const { return marks_.empty() ? 0 : marks_.back(); }

  PickleValue& Top() {
    if (stack_.size() <= StackBase()) Fail("the stack is empty");
    return stack_.back();
  }

  PickleValue Pop() {
    PickleValue value = Top();
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

  std::string_view TextOf(const PickleValue& value) const {
    const auto* text = std::get_if<std::string_view>(&value);
    if (text == nullptr) Fail("a global's name is not a string");
    return *text;
  }

  void PushGlobal(std::string_view module, std::string_view name) {
    constexpr size_t kMaxName = 1000;
    if (module.size() > kMaxName || name.size() > kMaxName) {
      Fail("a global's name is longer than {} bytes", kMaxName);
    }
    if (IsHostile(module, name)) {
      Fail(
          "would call {} if Python unpickled it: the file is malicious; delete "
          "it",
          Quoted(fmt::format("{}.{}", module, name)));
    }
    PushNode(Kind::kGlobal, MakeItems({module, name}));
  }

  // Pushes the result of callee(*arguments) if known, else the call as data.
  void Construct(const PickleValue& callee, const PickleValue& arguments) {
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
    const std::string name = GlobalName(callee);
    for (const auto& [container, kind] : kContainers) {
      if (name != container) continue;
      return PushNode(kind,
                      kind == Kind::kDict ? PairsOf(first) : ItemsOf(first));
    }
    if (!none && Contains(kFirstArgument, name)) return Push(first);
    PushObject(callee, arguments);
  }

  void PushObject(const PickleValue& callee, const PickleValue& arguments) {
    PushNode(Kind::kObject, MakeItems({callee, arguments, std::monostate(),
                                       std::monostate()}));
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
  void Extend(Kind kind, Items items) {
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
  void Build() {
    const PickleValue state = Pop();
    auto* const* top = std::get_if<PickleNode*>(&Top());
    if (top == nullptr || (*top)->kind == Kind::kGlobal ||
        (*top)->kind == Kind::kPersistent) {
      Fail("sets the state of a value that has none");
    }
    if ((*top)->kind == Kind::kObject) (*top)->items[2] = state;
  }

  template <typename... Args>
  [[noreturn]] void Fail(fmt::format_string<Args...> what,
                         Args&&... args) const {
    ThrowFormatError(where_, "byte {} of the pickle: {}", at_,
                     fmt::format(what, std::forward<Args>(args)...));
  }

  ByteCursor cursor_;
  const std::string& where_;
  PickleOpcodes opcodes_;
  std::pmr::deque<PickleNode>& nodes_;
  std::pmr::deque<std::pmr::string>& texts_;
  std::pmr::polymorphic_allocator<> memory_;
  size_t at_ = 0;
  size_t value_count_ = 0;
  Items stack_{memory_};
  std::pmr::vector<size_t> marks_{memory_};
  std::pmr::unordered_map<uint32_t, PickleValue> memo_{memory_};
};

// With the names of Python's pickletools.
const std::array<Unpickler::Opcode, 53> Unpickler::kOpcodes = {{
    {0x80, &Unpickler::CheckProtocol},     // PROTO
    {0x95, &Unpickler::SkipFrame},         // FRAME, a hint for buffered readers
    {'(', &Unpickler::PushMark},           // MARK
    {'0', &Unpickler::DropTop},            // POP
    {'1', &Unpickler::DropMarked},         // POP_MARK
    {'2', &Unpickler::Duplicate},          // DUP
    {'N', &Unpickler::PushNone},           // NONE
    {0x88, &Unpickler::PushBool<true>},    // NEWTRUE
    {0x89, &Unpickler::PushBool<false>},   // NEWFALSE
    {'I', &Unpickler::PushDecimal},        // INT, beyond 32 bits in Python 2
    {'J', &Unpickler::PushInt<int32_t>},   // BININT
    {'K', &Unpickler::PushInt<uint8_t>},   // BININT1
    {'M', &Unpickler::PushInt<uint16_t>},  // BININT2
    {0x8A, &Unpickler::PushLong<uint8_t>},   // LONG1
    {0x8B, &Unpickler::PushLong<uint32_t>},  // LONG4
    {'G', &Unpickler::PushDouble},           // BINFLOAT
    // Python 2's str (U, T) is used for text in checkpoints.
    {'U', &Unpickler::PushText<uint8_t>},               // SHORT_BINSTRING
    {'T', &Unpickler::PushText<uint32_t>},              // BINSTRING
    {0x8C, &Unpickler::PushText<uint8_t>},              // SHORT_BINUNICODE
    {'X', &Unpickler::PushText<uint32_t>},              // BINUNICODE
    {0x8D, &Unpickler::PushText<uint64_t>},             // BINUNICODE8
    {'C', &Unpickler::PushBytes<uint8_t>},              // SHORT_BINBYTES
    {'B', &Unpickler::PushBytes<uint32_t>},             // BINBYTES
    {0x8E, &Unpickler::PushBytes<uint64_t>},            // BINBYTES8
    {0x96, &Unpickler::PushBytes<uint64_t>},            // BYTEARRAY8
    {')', &Unpickler::PushNew<Kind::kTuple, 0>},        // EMPTY_TUPLE
    {0x85, &Unpickler::PushNew<Kind::kTuple, 1>},       // TUPLE1
    {0x86, &Unpickler::PushNew<Kind::kTuple, 2>},       // TUPLE2
    {0x87, &Unpickler::PushNew<Kind::kTuple, 3>},       // TUPLE3
    {'t', &Unpickler::PushNew<Kind::kTuple, kMarked>},  // TUPLE
    {']', &Unpickler::PushNew<Kind::kList, 0>},         // EMPTY_LIST
    {'a', &Unpickler::AddTo<Kind::kList, 1>},           // APPEND
    {'e', &Unpickler::AddTo<Kind::kList, kMarked>},     // APPENDS
    {'}', &Unpickler::PushNew<Kind::kDict, 0>},         // EMPTY_DICT
    {'s', &Unpickler::AddTo<Kind::kDict, 2>},           // SETITEM
    {'u', &Unpickler::AddTo<Kind::kDict, kMarked>},     // SETITEMS
    {0x8F, &Unpickler::PushNew<Kind::kSet, 0>},         // EMPTY_SET
    {0x90, &Unpickler::AddTo<Kind::kSet, kMarked>},     // ADDITEMS
    {0x91, &Unpickler::PushNew<Kind::kSet, kMarked>},   // FROZENSET
    {'h', &Unpickler::MemoGet<uint8_t>},                // BINGET
    {'j', &Unpickler::MemoGet<uint32_t>},               // LONG_BINGET
    {'q', &Unpickler::MemoPut<uint8_t>},                // BINPUT
    {'r', &Unpickler::MemoPut<uint32_t>},               // LONG_BINPUT
    {0x94, &Unpickler::Memoize},                        // MEMOIZE
    {'c', &Unpickler::ReadGlobal},                      // GLOBAL
    {0x93, &Unpickler::StackGlobal},                    // STACK_GLOBAL
    {'i', &Unpickler::Instance},  // INST, of Python 2's old-style classes
    {'o', &Unpickler::InstanceOfMarked},  // OBJ
    {'R', &Unpickler::Call<2>},           // REDUCE
    {0x81, &Unpickler::Call<2>},          // NEWOBJ
    {0x92, &Unpickler::Call<3>},          // NEWOBJ_EX, with keyword arguments
    {'b', &Unpickler::Build},             // BUILD
    {'Q', &Unpickler::PushNew<Kind::kPersistent, 1>},  // BINPERSID
}};
const std::array<Unpickler::Opcode, 9> Unpickler::kTextOpcodes = {{
    {'F', &Unpickler::PushDoubleLine},                 // FLOAT
    {'L', &Unpickler::PushLongLine},                   // LONG
    {'P', &Unpickler::PersistentLine},                 // PERSID
    {'S', &Unpickler::PushReprLine},                   // STRING
    {'V', &Unpickler::PushUnicodeLine},                // UNICODE
    {'d', &Unpickler::PushMarkedDict},                 // DICT
    {'g', &Unpickler::MemoGetLine},                    // GET
    {'l', &Unpickler::PushNew<Kind::kList, kMarked>},  // LIST
    {'p', &Unpickler::MemoPutLine},                    // PUT
}};

}  // namespace

Pickle::Pickle(std::span<const std::byte> bytes, const std::string& where,
               AllocationLimit& limit)
    : Pickle(bytes, where, limit, PickleOpcodes::kTorch) {}

Pickle::Pickle(std::span<const std::byte> bytes, const std::string& where,
               AllocationLimit& limit, PickleOpcodes opcodes)
    : nodes_(&limit), texts_(&limit) {
  Unpickler unpickler(bytes, where, nodes_, texts_, opcodes);
  root_ = unpickler.Run();
  size_ = unpickler.size();
  value_count_ = unpickler.value_count();
}

Pickle::Pickle(std::span<const std::byte> bytes, const std::string& where,
               PickleOpcodes opcodes)
    : Pickle(bytes, where, std::make_unique<AllocationLimit>(bytes.size()),
             opcodes) {}

Pickle::Pickle(std::span<const std::byte> bytes, const std::string& where,
               std::unique_ptr<AllocationLimit> own, PickleOpcodes opcodes)
    : Pickle(bytes, where, *own, opcodes) {
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
