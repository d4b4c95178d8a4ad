#include "wsel/checkpoint/pickle.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "checkpoint/files.h"
#include "checkpoint/pickle_bytes.h"

namespace wsel::checkpoint {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::string_literals;
using Kind = PickleNode::Kind;

std::map<std::string, std::string> MetadataWith(const std::string& more) {
  const TempFolder folder;
  WriteAll(folder / "f", TorchZip(WeightsAnd(more)));
  return Open(folder / "f")->metadata();
}

TEST(Pickle, ReadsEveryKindOfScalar) {
  EXPECT_THAT(MetadataWith(Unicode("a") + "K\x07"),  // BININT1
              ElementsAre(std::pair("a", "7")));
  EXPECT_THAT(MetadataWith(Unicode("a") + "M\x01\x02"),
              ElementsAre(std::pair("a", "513")));
  EXPECT_THAT(MetadataWith(Unicode("a") + "J\xfe\xff\xff\xff"),
              ElementsAre(std::pair("a", "-2")));
  EXPECT_THAT(MetadataWith(Unicode("a") + "\x8a\x00"s),
              ElementsAre(std::pair("a", "0")));
  EXPECT_THAT(MetadataWith(Unicode("a") + "\x8a\x02\x00\xff"s),
              ElementsAre(std::pair("a", "-256")));
  EXPECT_THAT(
      MetadataWith(Unicode("a") + "\x8b\x05\x00\x00\x00\x00\x00\x00\x00\x01"s),
      ElementsAre(std::pair("a", "4294967296")));
  EXPECT_THAT(MetadataWith(Unicode("a") + "G?\xe0\x00\x00\x00\x00\x00\x00"s),
              ElementsAre(std::pair("a", "0.5")));
  EXPECT_THAT(MetadataWith(Unicode("a") + "\x88"),
              ElementsAre(std::pair("a", "true")));
  EXPECT_THAT(MetadataWith(Unicode("a") + "\x8c\x01z"),
              ElementsAre(std::pair("a", "z")));
  EXPECT_THAT(MetadataWith(Unicode("a") + "U\x01z"),
              ElementsAre(std::pair("a", "z")));
}

TEST(Pickle, LeavesOutWhatIsNoShortText) {
  EXPECT_THAT(MetadataWith(Unicode("a") + "N"), IsEmpty());
  EXPECT_THAT(MetadataWith(Unicode("a") + "\x8a\x09" + std::string(9, 'x')),
              IsEmpty());
  EXPECT_THAT(MetadataWith(Unicode("a") + Unicode(std::string(1025, 'x'))),
              IsEmpty());
  EXPECT_THAT(MetadataWith(Unicode("a") + Unicode("\xff")), IsEmpty());
  EXPECT_THAT(MetadataWith(Unicode("a") + "](" + std::string(65, '\x88') + "e"),
              IsEmpty());
  EXPECT_THAT(MetadataWith(Unicode(std::string(2000, 'k')) + "K\x01"),
              IsEmpty());
}

TEST(Pickle, UnknownCallsAreDataAndStatesAreRead) {
  const std::string object =
      Global("my.module", "Thing") + ")\x81}" + Unicode("lr") + "K\x01" + "sb";
  EXPECT_THAT(MetadataWith(Unicode("t") + object),
              ElementsAre(std::pair("t.lr", "1")));
  const std::string bytes = "\x80\x02" + object + ".";
  const Pickle pickle(std::as_bytes(std::span(bytes)), "x");
  const PickleNode* node = NodeOf(pickle.root(), Kind::kObject);
  ASSERT_NE(node, nullptr);
  EXPECT_EQ(GlobalName(node->items[0]), "my.module.Thing");
  EXPECT_NE(NodeOf(node->items[1], Kind::kTuple), nullptr);
  EXPECT_NE(NodeOf(node->items[2], Kind::kDict), nullptr);
}

TEST(Pickle, ReadsProtocolFour) {
  // FRAME, SHORT_BINUNICODE, MEMOIZE, STACK_GLOBAL, NEWOBJ_EX, ADDITEMS
  const std::string pickle =
      "\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}\x94("s + Unicode("w") +
      FourFloats() + Unicode("o") + "\x8c\x01m\x94\x8c\x01n\x93)}\x92"s +
      Unicode("s") + "\x8f(K\x01\x90" + Unicode("b") + "C\x01x" + "u.";
  EXPECT_EQ(Refusal(TorchZip(pickle)), "");
}

TEST(Pickle, PythonTwoDictionaries) {
  const std::string pairs = Global("collections", "OrderedDict") + "]](" +
                            Unicode("k") + "K\x05" + "ea\x85R";
  EXPECT_THAT(MetadataWith(Unicode("d") + pairs),
              ElementsAre(std::pair("d.k", "5")));
}

TEST(Pickle, RefusesGadgets) {
  for (const auto& [module, name] :
       std::vector<std::pair<std::string, std::string>>{{"os", "system"},
                                                        {"posix", "system"},
                                                        {"nt", "system"},
                                                        {"subprocess", "Popen"},
                                                        {"builtins", "eval"},
                                                        {"__builtin__", "exec"},
                                                        {"sys", "modules"}}) {
    const std::string call =
        Global(module, name) + Unicode("touch /tmp/owned") + "\x85R";
    EXPECT_THAT(Refusal(TorchZip(WeightsAnd(Unicode("x") + call))),
                HasSubstr("is an attack"));
    EXPECT_THAT(Refusal(TorchZip("\x80\x02" + call + ".")),
                HasSubstr(fmt::format("{}.{}", module, name)));
  }
  // The same by STACK_GLOBAL.
  EXPECT_THAT(Refusal(TorchZip(WeightsAnd(Unicode("x") + Unicode("os") +
                                          Unicode("system") + "\x93"))),
              HasSubstr("is an attack"));
}

TEST(Pickle, RefusesContainersThatContainThemselves) {
  EXPECT_THAT(Refusal(TorchZip(WeightsAnd(Unicode("x") + "]q\x01h\x01" + "a"))),
              HasSubstr("'x.0' contains itself"));
  EXPECT_THAT(Refusal(TorchZip("\x80\x02}q\x01(" + Unicode("w") + FourFloats() +
                               Unicode("me") + "h\x01u.")),
              HasSubstr("contains itself"));
  // A tuple inside its own list, as Python pickles recursive tuples.
  EXPECT_THAT(
      Refusal(TorchZip(WeightsAnd(Unicode("x") + "]q\x01h\x01\x85" + "a"))),
      HasSubstr("contains itself"));
}

TEST(Pickle, ObjectsMayReferToTheirOwners) {
  const std::string object = Global("m", "Scheduler") + ")\x81q\x01}(" +
                             Unicode("self") + "h\x01" + Unicode("step") +
                             "K\x03ub";
  EXPECT_THAT(MetadataWith(Unicode("s") + object),
              ElementsAre(std::pair("s.step", "3")));
}

TEST(Pickle, RefusesMemoBombs) {
  // Each list holds the one before it ten times: 10^20 leaves in 400 bytes.
  std::string bomb = "]q\x00"s;
  for (char i = 1; i <= 20; ++i) {
    bomb += "](";
    for (int k = 0; k < 10; ++k) (bomb += 'h') += static_cast<char>(i - 1);
    bomb += "eq";
    bomb += i;
  }
  EXPECT_THAT(Refusal(TorchZip(WeightsAnd(Unicode("x") + bomb))),
              HasSubstr("unfold without end"));
  // And copies of copies: torch.Size(torch.Size(...)) doubled by appending.
  std::string copies = "]q\x00(KKKKe"s;
  for (int i = 0; i < 40; ++i) {
    copies += std::string("(") + Global("builtins", "list") +
              "h\x00\x85Rq\x01"s + "0" + "1h\x00("s;
    for (int k = 0; k < 10; ++k) copies += "h\x01";
    copies += "e";
  }
  EXPECT_NE(Refusal(TorchZip(WeightsAnd(Unicode("x") + copies))), "");
}

TEST(Pickle, RefusesDeepNesting) {
  const size_t depth = 500'000;
  EXPECT_THAT(Refusal(TorchZip(
                  WeightsAnd(Unicode("x") + ")" + std::string(depth, '\x85')))),
              HasSubstr("more than 100 deep"));
  EXPECT_THAT(
      Refusal(TorchZip(WeightsAnd(Unicode("x") + std::string(depth, ']') +
                                  std::string(depth - 1, 'a')))),
      HasSubstr("more than 100 deep"));
  EXPECT_THAT(Refusal(TorchZip("\x80\x02" + std::string(depth, '('))),
              HasSubstr("truncated"));
}

// A scripted timm model holds its patch embedding's output format that way.
TEST(Pickle, TakesTorchScriptsEnumerationsAsData) {
  const std::string format =
      "c__torch__.timm.layers.format\nFormat\n" + Unicode("NCHW") + "R";
  EXPECT_EQ(Refusal(TorchZip(WeightsAnd(Unicode("x") + format))), "");
}

TEST(Pickle, RefusesTooManyValues) {
  EXPECT_THAT(Refusal(TorchZip("\x80\x02" + std::string(4'100'000, 'N') + ".")),
              HasSubstr("more than 4000000 values"));
}

TEST(Pickle, RefusesBrokenPrograms) {
  const auto refusal = [](const std::string& program) {
    return Refusal(TorchZip("\x80\x02" + program));
  };
  EXPECT_THAT(refusal("."), HasSubstr("the stack is empty"));
  EXPECT_THAT(refusal("a"), HasSubstr("too short"));
  EXPECT_THAT(refusal("t"), HasSubstr("no mark"));
  EXPECT_THAT(refusal("N(\x85"), HasSubstr("too short"));  // below the mark
  EXPECT_THAT(refusal("N(."), HasSubstr("the stack is empty"));
  EXPECT_THAT(refusal("h\x07"), HasSubstr("nothing is memorised as 7"));
  EXPECT_THAT(refusal("j\xff\xff\xff\xff"), HasSubstr("memorised"));
  EXPECT_THAT(refusal("Nr\xff\xff\xff\xff."), HasSubstr("holds no tensors"));
  EXPECT_THAT(refusal("NNR"), HasSubstr("without arguments"));
  EXPECT_THAT(refusal("NNb"), HasSubstr("state"));
  EXPECT_THAT(refusal("NNa"), HasSubstr("adds items"));
  EXPECT_THAT(refusal("](Nu"), HasSubstr("adds items"));
  EXPECT_THAT(refusal("}(Nu"), HasSubstr("key without a value"));
  EXPECT_THAT(refusal("NN\x93"), HasSubstr("no text"));
  EXPECT_THAT(refusal("cos"), HasSubstr("truncated"));
  EXPECT_THAT(refusal("X\xff\xff\xff\xff"), HasSubstr("truncated"));
  EXPECT_THAT(refusal("\x8e\xff\xff\xff\xff\xff\xff\xff\xff"),
              HasSubstr("truncated"));
  EXPECT_THAT(refusal("I42\n."), HasSubstr("opcode 0x49"));
  EXPECT_THAT(refusal("\x82\x01."), HasSubstr("opcode 0x82"));
  EXPECT_THAT(refusal("N."), HasSubstr("holds no tensors"));
  EXPECT_THAT(Refusal(TorchZip("\x80\x09N.")), HasSubstr("protocol 9"));
}

}  // namespace
}  // namespace wsel::checkpoint
