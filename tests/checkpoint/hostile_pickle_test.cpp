#include <limits>

#include "checkpoint/hostile.h"
#include "checkpoint/pickle_bytes.h"

namespace wsel::checkpoint {
namespace {

using namespace std::string_literals;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

std::string Program(const std::string& opcodes) {
  return TorchZip("\x80\x02" + opcodes);
}

std::string Beside(const std::string& value) {
  return TorchZip(WeightsAnd(Unicode("x") + value));
}

// {"w": value}.
std::string Only(const std::string& value) {
  return Program("}" + Unicode("w") + value + "s.");
}

std::string Shaped(const std::vector<int64_t>& shape,
                   const std::vector<int64_t>& strides, int64_t offset = 0) {
  return Only(Tensor(Storage(4), offset, shape, strides));
}

std::string Call(const std::string& module, const std::string& name) {
  return Global(module, name) + Unicode("touch /tmp/owned") + "\x85R";
}

std::string Gadget(const std::string& module, const std::string& name) {
  return Beside(Call(module, name));
}

std::string Rebuild(const std::string& name, const std::string& arguments) {
  return Global("torch._utils", name) + "(" + arguments + "tR";
}

// Each list holds the previous one ten times: 10^20 leaves in 400 bytes.
std::string Expanding() {
  std::string bomb = "]q\x00"s;
  for (char i = 1; i <= 20; ++i) {
    bomb += "](";
    for (int k = 0; k < 10; ++k) (bomb += 'h') += static_cast<char>(i - 1);
    bomb += "eq";
    bomb += i;
  }
  return bomb;
}

// list(x) of a list of 1,000 items, 3,000 times.
std::string Copies() {
  return "](" + std::string(1000, 'N') + "eq\x01" +
         Repeated(Global("builtins", "list") + "h\x01\x85R", 3000);
}

// One tensor under 32,000 names that share a long prefix.
std::string ManyNames(const std::string& tensor) {
  std::string out = "}(" + Unicode(std::string(1000, 'p')) + "}(" +
                    Unicode("first") + tensor + "q\x01";
  for (int i = 0; i < 32'000; ++i) out += Unicode(std::to_string(i)) + "h\x01";
  return Program(out + "uu.");
}

const std::vector<int64_t> kOnes(64, 1);

INSTANTIATE_TEST_SUITE_P(
    PickleProgram, HostileFile,
    testing::Values(
        Hostile("CutToNothing", "byte 0: truncated", TorchZip("")),
        Hostile("CutInProtocol", "byte 1: truncated", TorchZip("\x80")),
        Hostile("CutInLength", "byte 3: truncated", Program("X\x01\x00"s)),
        Hostile("CutInText", "byte 7: truncated: expected 5 bytes, found 3",
                Program("X\x05\x00\x00\x00"s + "abc")),
        Hostile("CutInGlobal", "byte 3: truncated", Program("cos")),
        Hostile("CutInGlobalsName", "byte 9: truncated", Program("ctorch\nx")),
        Hostile("CutInNumber", "byte 3: truncated", Program("G12345")),
        Hostile("CutBeforeStop", "byte 3: truncated", Program("N")),
        Hostile("TextOfTwoTo32", "truncated", Program("X\xff\xff\xff\xff")),
        Hostile("TextOfTwoTo64",
                "truncated: expected 18446744073709551615 bytes",
                Program("\x8e\xff\xff\xff\xff\xff\xff\xff\xff")),
        Hostile("ProtocolZero", "byte 1 of the pickle: opcode 0x53",
                TorchZip("(S'w'\nd.")),
        Hostile("ProtocolNine", "byte 0 of the pickle: pickle protocol 9",
                TorchZip("\x80\x09N.")),
        Hostile("ProtocolOneText", "opcode 0x53 is from pickle protocol 0 or 1",
                Program("S'w'\n.")),
        Hostile("Extension", "opcode 0x82 is not one that torch writes",
                Program("\x82\x01.")),
        Hostile("NoInteger", "byte 2 of the pickle: '4x2' is not a 64-bit",
                Program("I4x2\n.")),
        Hostile("StackEmpty", "byte 2 of the pickle: the stack is empty",
                Program(".")),
        Hostile("StackTooShort", "the stack is too short", Program("a")),
        Hostile("BelowTheMark", "the stack is too short", Program("N(\x85")),
        Hostile("StopBelowTheMark", "the stack is empty", Program("N(.")),
        Hostile("NoMark", "there is no mark", Program("t")),
        Hostile("InstanceOfNothing", "an instance has no class", Program("(o")),
        Hostile("MemoEmpty", "the memo has no entry 7", Program("h\x07")),
        Hostile("MemoOfTwoTo32", "the memo has no entry 4294967295",
                Program("j\xff\xff\xff\xff")),
        Hostile("MemoFarAway", "holds no tensors",
                Program("Nr\xff\xff\xff\xff.")),
        Hostile("CallOfNothing", "called without arguments", Program("NNR")),
        Hostile("StateOfNothing", "sets the state", Program("NNb")),
        Hostile("StateOfAClass", "sets the state", Program("cm\nn\nNb")),
        Hostile("ItemOfNothing", "adds items", Program("NNa")),
        Hostile("PairOfList", "adds items", Program("](Nu")),
        Hostile("KeyWithoutValue", "a key without a value", Program("}(Nu")),
        Hostile("PairsOfOne", "item is not a pair",
                Program("ccollections\nOrderedDict\n](]e\x85R")),
        Hostile("GlobalOfNothing", "a global's name is not a string",
                Program("NN\x93")),
        Hostile("GlobalTooLong", "name is longer than 1000 bytes",
                Only(Tensor(Storage(4, "0", std::string(1'000'000, 'k')), 0,
                            {4}, {1}))),
        Hostile("NoTensors", "holds no tensors", Program("N."))),
    NameOfCase);

INSTANTIATE_TEST_SUITE_P(
    PickleGadget, HostileFile,
    testing::Values(
        Hostile("OsSystem", "'os.system'", Gadget("os", "system")),
        Hostile("PosixSystem", "'posix.system'", Gadget("posix", "system")),
        Hostile("NtSystem", "'nt.system'", Gadget("nt", "system")),
        Hostile("Popen", "'subprocess.Popen'", Gadget("subprocess", "Popen")),
        Hostile("Eval", "'builtins.eval'", Gadget("builtins", "eval")),
        Hostile("ExecOfPython2", "'__builtin__.exec'",
                Gadget("__builtin__", "exec")),
        Hostile("Import", "'builtins.__import__'",
                Gadget("builtins", "__import__")),
        Hostile("SysModules", "'sys.modules'", Gadget("sys", "modules")),
        Hostile("RunModule", "'runpy._run_code'", Gadget("runpy", "_run_code")),
        Hostile("ByStackGlobal", "is malicious",
                Beside(Unicode("os") + Unicode("system") + "\x93")),
        Hostile("ByInst", "'os.system'",
                Beside("(" + Unicode("touch /tmp/owned") + "ios\nsystem\n")),
        Hostile("ByObj", "'os.system'",
                Beside("(" + Global("os", "system") + Unicode("x") + "o")),
        Hostile("BeforeAnyTensor",
                "byte 2 of the pickle: would call 'os.system'",
                Program(Call("os", "system") + ".")),
        // Unknown calls are data, so a file of nothing else holds no tensors.
        Hostile("NumpyLoad", "holds no tensors", Only(Call("numpy", "load"))),
        Hostile("TorchLoad", "holds no tensors",
                Only(Call("torch.serialization", "load"))),
        Hostile("TorchHub", "holds no tensors",
                Only(Call("torch.hub", "load"))),
        Hostile("Getattr", "holds no tensors",
                Only(Call("builtins", "getattr"))),
        Hostile("JitLoad", "holds no tensors", Only(Call("torch.jit", "load"))),
        // And a tensor that depends on one is rejected.
        Hostile("StorageOfACall", "'w': is built from a value that is not",
                Only(Tensor(Call("m", "storage"), 0, {4}, {1}))),
        Hostile("ShapeOfACall", "tensor 'w': has a shape or strides",
                Only(Rebuild("_rebuild_tensor_v2",
                             Storage(4) + Int(0) + Call("m", "shape") +
                                 Ints({1}) + "\x89" + "}"))),
        Hostile("KeyOfACall",
                "'w': is built from a value that is not a storage",
                Only(Tensor(
                    "(" + Unicode("storage") + Global("torch", "FloatStorage") +
                        Call("m", "key") + Unicode("cpu") + Int(4) + "tQ",
                    0, {4}, {1}))),
        Hostile("ParameterOfACall", "'w': is the result of calling 'm.tensor'",
                Only(Rebuild("_rebuild_parameter",
                             Call("m", "tensor") + "\x88}"))),
        Hostile("SubclassByACall", "'w': is the result of calling 'm.make'",
                Only(Global("torch._tensor", "_rebuild_from_type_v2") + "(" +
                     Global("m", "make") + Global("m", "Type") + ")}tR")),
        Hostile("StateOfATensor", "tensor 'w': is modified after it is built",
                Only(FourFloats() + "(" + Storage(4) + Int(0) + Ints({4}) +
                     Ints({1}) + "tb")),
        Hostile("UnknownRebuild", "'torch._utils._rebuild_anything'",
                Only(Rebuild("_rebuild_anything", "")))),
    NameOfCase);

INSTANTIATE_TEST_SUITE_P(
    PickleGraph, HostileFile,
    testing::Values(
        Hostile("ListInItself", "'x.0' contains itself",
                Beside("]q\x01h\x01" + "a"s)),
        Hostile("DictInItself", "contains itself",
                Program("}q\x01(" + Unicode("w") + FourFloats() +
                        Unicode("me") + "h\x01u.")),
        Hostile("TupleInItsList", "contains itself",
                Beside("]q\x01h\x01\x85" + "a"s)),
        Hostile("ParameterOfItself", "tensor 'w': is of an unknown kind",
                Only(Global("torch._utils", "_rebuild_parameter") +
                     "]q\x01h\x01" + "a\x85R")),
        Hostile("ExpandsWithoutEnd", "expand without end", Beside(Expanding())),
        Hostile("TuplesInTuples", "more than 100 levels deep",
                [] { return Beside(")" + std::string(200'000, '\x85')); }),
        Hostile("ListsInLists", "more than 100 levels deep",
                [] {
                  return Beside(std::string(200'000, ']') +
                                std::string(199'999, 'a'));
                }),
        Hostile("TooManyValues", "creates more than 4000000 values",
                [] { return Program(Repeated("N0", 4'100'000) + "."); }),
        Hostile("Nones", "byte 1048578 of the pickle: parsing takes",
                [] { return Program(std::string(3'900'000, 'N') + "."); }),
        Hostile("Tuples", "tens of megabytes more",
                [] { return Program(std::string(3'900'000, ')') + "."); }),
        Hostile("Marks", "tens of megabytes more",
                [] { return Program(std::string(3'900'000, '(') + "."); }),
        Hostile("Appended", "tens of megabytes more",
                [] { return Program("]" + Repeated("Na", 1'900'000) + "."); }),
        Hostile("Globals", "tens of megabytes more",
                [] { return Program(Repeated("cm\nn\n", 1'900'000) + "."); }),
        Hostile("Calls", "tens of megabytes more",
                [] {
                  return Program("cm\nn\n" + Repeated(")R", 1'900'000) + ".");
                }),
        Hostile("Memo", "tens of megabytes more",
                [] { return Program(Repeated("]\x94", 1'900'000) + "."); }),
        Hostile("SparseMemo", "tens of megabytes more",
                [] {
                  std::string puts = "N";
                  for (uint32_t i = 0; i < 2'000'000; ++i) {
                    puts += 'r';
                    PutLittle(puts, i * 2000);
                  }
                  return Program(puts + ".");
                }),
        Hostile("CopiesOfCopies", "tens of megabytes more",
                [] { return Program(Copies() + "."); }),
        Hostile("LongNamesAndShapes", "tens of megabytes more",
                [] { return ManyNames(Tensor(Storage(4), 0, kOnes, kOnes)); }),
        Hostile("LongNamesOfUnsupported", "ppp...': parsing takes",
                [] {
                  return ManyNames(Tensor(
                      Storage(4, "0", "ComplexFloatStorage"), 0, {1}, {1}));
                }),
        Hostile("OneLongKeyForAll", "tens of megabytes more",
                [] {
                  return ManyNames(Tensor(
                      Storage(4, std::string(1'000'000, 'k')), 0, {1}, {1}));
                })),
    NameOfCase);

INSTANTIATE_TEST_SUITE_P(
    PickleTensor, HostileFile,
    testing::Values(
        Hostile("StrideNegative", "tensor 'w': has a size, stride or offset",
                Shaped({4}, {-1})),
        Hostile("OffsetNegative", "is not an integer >= 0",
                Shaped({4}, {1}, -1)),
        Hostile("ShapeNegative", "is not an integer >= 0", Shaped({-4}, {1})),
        Hostile("CountNegative", "is not an integer >= 0",
                Only(Tensor(Storage(-4), 0, {4}, {1}))),
        Hostile("OffsetBeyond64Bits", "is not an integer >= 0",
                Only(Rebuild("_rebuild_tensor_v2",
                             Storage(4) + "\x8a\x09" + std::string(9, 'x') +
                                 Ints({4}) + Ints({1}) + "\x89" + "}"))),
        Hostile("ShapeOfBools", "is not an integer >= 0",
                Only(Rebuild("_rebuild_tensor_v2", Storage(4) + Int(0) +
                                                       "\x88\x85" + Ints({1}) +
                                                       "\x89" + "}"))),
        Hostile("BeyondStorage", "tensor 'w': [5] extends beyond its storage",
                Shaped({5}, {1})),
        Hostile("OffsetBeyondStorage", "beyond its storage",
                Shaped({4}, {1}, 1)),
        Hostile("OffsetAtEnd", "beyond its storage", Shaped({1}, {1}, 4)),
        Hostile("OffsetOfTheMost", "beyond its storage",
                Shaped({1}, {1}, kMost)),
        Hostile("OffsetThatWraps", "beyond its storage",
                Shaped({1}, {1}, kMost / 4)),
        Hostile("StrideBeyondStorage", "beyond its storage", Shaped({2}, {4})),
        Hostile("StridesThatWrap", "beyond its storage",
                Shaped({2, 2}, {kMost, kMost})),
        Hostile("StrideOfTheMost", "beyond its storage", Shaped({3}, {kMost})),
        Hostile("BeyondItsOwnCount", "beyond its storage",
                Only(Tensor(Storage(2), 0, {4}, {1}))),
        Hostile("CountOfTheMost", "storage size that overflows",
                Only(Tensor(Storage(kMost), 0, {4}, {1}))),
        Hostile("CountBeyondFile", "should have 20 bytes and has 16",
                Only(Tensor(Storage(5), 0, {4}, {1}))),
        Hostile("TooManyStrides", "impossible shape [4] with 2 strides",
                Shaped({4}, {1, 1})),
        Hostile("ShapeOverflows", "impossible shape",
                Shaped({kMost, kMost}, {0, 0})),
        Hostile("ShapeOverflowsBesideZero", "impossible shape",
                Shaped({0, kMost, kMost}, {0, 0, 0})),
        Hostile("Repeats", "is expanded to 1099511627776 elements",
                Shaped({int64_t{1} << 40}, {0})),
        Hostile("ShapeOf70Dimensions", "not a list of at most 64 integers",
                Shaped(std::vector<int64_t>(70, 1),
                       std::vector<int64_t>(70, 1))),
        Hostile("StorageMissing", "'data/7' is missing from the file",
                Only(Tensor(Storage(4, "7"), 0, {4}, {1}))),
        Hostile("StorageOfAnotherFolder",
                "'data/../0' is missing from the file",
                Only(Tensor(Storage(4, "../0"), 0, {4}, {1}))),
        Hostile("StorageIsNone", "is not a storage",
                Only(Tensor("N", 0, {4}, {1}))),
        Hostile("StorageIdIsNone", "is not a storage",
                Only(Tensor("NQ", 0, {4}, {1}))),
        Hostile("NoArguments", "built from too few arguments",
                Only(Global("torch._utils", "_rebuild_tensor_v2") + ")R")),
        Hostile("ManyFlags", "tensor 'w': has more than 64 flags",
                Only(Rebuild("_rebuild_tensor_v2",
                             Storage(4) + Int(0) + Ints({4}) + Ints({1}) +
                                 "\x89" + "}}(" + Repeated("K\x01N", 100) +
                                 "u"))),
        Hostile("NameTwice", "tensor 'a.b': two tensors have this name",
                Program("}(" + Unicode("a.b") + FourFloats() + Unicode("a") +
                        "}" + Unicode("b") + FourFloats() + "su.")),
        Hostile("NameIsNotUtf8", "a tensor is named",
                Program("}" + Unicode("\xff") + FourFloats() + "s.")),
        Hostile("NameSteersTerminal", "a tensor is named '?[2J'",
                Program("}" + Unicode("\x1b[2J") + FourFloats() + "s.")),
        Hostile("NameTooLong", "is longer than 1024 bytes",
                Program("}" + Unicode(std::string(1100, 'n')) + FourFloats() +
                        "s."))),
    NameOfCase);

}  // namespace
}  // namespace wsel::checkpoint
