#include "wsel/checkpoint/pickle.h"

#include <gmock/gmock.h>

#include "checkpoint/files.h"
#include "checkpoint/pickle_bytes.h"

namespace wsel::checkpoint {
namespace {

using testing::ElementsAre;
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

TEST(Pickle, OmitsLongAndUnsupportedValues) {
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

TEST(Pickle, KeepsUnknownCallsAsDataAndReadsTheirState) {
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
  EXPECT_EQ(OpenError(TorchZip(pickle)), "");
}

TEST(Pickle, ReadsPythonTwoDictionaries) {
  const std::string pairs = Global("collections", "OrderedDict") + "]](" +
                            Unicode("k") + "K\x05" + "ea\x85R";
  EXPECT_THAT(MetadataWith(Unicode("d") + pairs),
              ElementsAre(std::pair("d.k", "5")));
}

// Python 2's protocol 2: text as str, integers beyond 32 bits in decimal, and
// instances of old-style classes.
TEST(Pickle, ReadsPythonTwo) {
  const auto str = [](const std::string& text) {
    return "U" + std::string(1, static_cast<char>(text.size())) + text;
  };
  const std::string state = "}" + str("lr") + "K\x01sb";
  EXPECT_THAT(MetadataWith(str("big") + "I4294967296\n" + str("no") + "I00\n" +
                           str("yes") + "I01\n" + str("obj") + "(" +
                           Global("m", "Old") + "K\x05o" + state + str("inst") +
                           "(K\x05im\nOld\n" + state),
              ElementsAre(std::pair("big", "4294967296"),
                          std::pair("inst.lr", "1"), std::pair("no", "false"),
                          std::pair("obj.lr", "1"), std::pair("yes", "true")));
  const std::string set =
      Global("__builtin__", "frozenset") + "](K\x01K\x02" + "e\x85R";
  EXPECT_THAT(MetadataWith(str("set") + set), IsEmpty());
}

TEST(Pickle, KeepsOldStyleInstancesAsData) {
  const std::string bytes = "\x80\x02(K\x05K\x06im\nOld\n.";
  const Pickle pickle(std::as_bytes(std::span(bytes)), "x");
  const PickleNode* node = NodeOf(pickle.root(), Kind::kObject);
  ASSERT_NE(node, nullptr);
  EXPECT_EQ(GlobalName(node->items[0]), "m.Old");
  const PickleNode* arguments = NodeOf(node->items[1], Kind::kTuple);
  ASSERT_NE(arguments, nullptr);
  ASSERT_EQ(arguments->items.size(), 2U);
  EXPECT_EQ(std::get<int64_t>(arguments->items[1]), 6);
}

TEST(Pickle, AcceptsObjectsThatReferToTheirOwners) {
  const std::string object = Global("m", "Scheduler") + ")\x81q\x01}(" +
                             Unicode("self") + "h\x01" + Unicode("step") +
                             "K\x03ub";
  EXPECT_THAT(MetadataWith(Unicode("s") + object),
              ElementsAre(std::pair("s.step", "3")));
}

// A scripted timm model stores its patch embedding's output format as an enum.
TEST(Pickle, KeepsTorchScriptEnumsAsData) {
  const std::string format =
      "c__torch__.timm.layers.format\nFormat\n" + Unicode("NCHW") + "R";
  EXPECT_EQ(OpenError(TorchZip(WeightsAnd(Unicode("x") + format))), "");
}

}  // namespace
}  // namespace wsel::checkpoint
