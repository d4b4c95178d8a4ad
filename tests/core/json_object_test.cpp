#include "wsel/core/json_object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace wsel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

nlohmann::ordered_json Parse(std::string_view text) {
  return ParseJson(text, "recipe.json", ErrorKind::kConfig);
}

// The message of the Error that `action` throws.
template <typename F>
std::string MessageOf(F action, ErrorKind kind = ErrorKind::kConfig) {
  try {
    action();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), kind);
    return e.what();
  }
  ADD_FAILURE() << "threw nothing";
  return "";
}

std::string ParseError(std::string_view text) {
  return MessageOf([&] { Parse(text); });
}

TEST(ParseJson, KeepsKeyOrder) {
  EXPECT_EQ(Parse(R"({"b": 1, "a": [true, null]})").dump(),
            R"({"b":1,"a":[true,null]})");
}

TEST(ParseJson, RejectsDuplicateKeysAtAnyDepth) {
  EXPECT_EQ(ParseError(R"({"a": 1, "a": 2})"),
            "recipe.json: duplicate key 'a'");
  EXPECT_THAT(ParseError(R"({"x": [{"a": 1, "b": 2, "a": 3}]})"),
              HasSubstr("duplicate key 'a'"));
  // The same key in two objects is not a duplicate.
  EXPECT_NO_THROW(Parse(R"({"a": {"a": 1}, "b": {"a": 1}})"));
}

TEST(ParseJson, RejectsADepthBomb) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_NO_THROW(Parse(nested(64)));
  EXPECT_THAT(ParseError(nested(66)), HasSubstr("more than 64 levels"));
  EXPECT_THAT(ParseError(std::string(1'000'000, '[')),
              HasSubstr("more than 64 levels"));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
  EXPECT_THAT(ParseError(objects), HasSubstr("more than 64 levels"));
}

TEST(ParseJson, RejectsInvalidJson) {
  for (const char* text :
       {"", "{", "{'a': 1}", "{\"a\": 1,}", "// note\n{}", "{} {}", "nul",
        "{\"a\": 01}", "{\"a\": NaN}", "\"\xff\"", "\"\xed\xa0\x80\""}) {
    EXPECT_THAT(ParseError(text), HasSubstr("not valid JSON at byte")) << text;
  }
}

TEST(ParseJson, RejectsANumberBeyondDouble) {
  EXPECT_THAT(ParseError(R"({"a": 1e999})"), HasSubstr("1e999"));
}

TEST(ParseJson, ThrowsTheGivenKind) {
  MessageOf([] { ParseJson("{", "header", ErrorKind::kFormat); },
            ErrorKind::kFormat);
}

TEST(JsonObject, ReadsEachType) {
  const auto json = Parse(
      R"({"b": true, "i": -3, "d": 0.5, "whole": 2, "s": "x",
          "list": [1, 2], "names": ["p", "q"], "in": {"k": 1}})");
  JsonObject object(json, "recipe.json");
  EXPECT_TRUE(object.Get<bool>("b"));
  EXPECT_EQ(object.Get<int>("i"), -3);
  EXPECT_EQ(object.Get<double>("d"), 0.5);
  EXPECT_EQ(object.Get<double>("whole"), 2.0);
  EXPECT_EQ(object.Get<std::string>("s"), "x");
  EXPECT_THAT(object.Get<std::vector<int64_t>>("list"), ElementsAre(1, 2));
  EXPECT_THAT(object.Get<std::vector<std::string>>("names"),
              ElementsAre("p", "q"));
  JsonObject inner = object.Object("in");
  EXPECT_EQ(inner.where(), "recipe.json.in");
  EXPECT_EQ(inner.GetOr("k", 7), 1);
  EXPECT_EQ(inner.GetOr("absent", 7), 7);
  EXPECT_NO_THROW(object.Finish());
  EXPECT_NO_THROW(inner.Finish());
}

TEST(JsonObject, RejectsWrongTypes) {
  const auto json = Parse(
      R"({"number": 1, "text": "1", "fraction": 1.0, "null": null,
          "mixed": [1, "2"], "list": [1]})");
  JsonObject object(json, "r");
  const auto message = [&](auto get) { return MessageOf(get); };
  EXPECT_EQ(message([&] { object.Get<int>("text"); }),
            "r.text: has the wrong type: \"1\"");
  EXPECT_THAT(message([&] { object.Get<int>("fraction"); }), HasSubstr("1.0"));
  EXPECT_THAT(message([&] { object.Get<bool>("number"); }),
              HasSubstr("r.number"));
  EXPECT_THAT(message([&] { object.Get<double>("text"); }), HasSubstr("r.tex"));
  EXPECT_THAT(message([&] { object.Get<std::string>("null"); }),
              HasSubstr("null"));
  EXPECT_THAT(message([&] { object.Get<std::vector<int>>("mixed"); }),
              HasSubstr("r.mixed"));
  EXPECT_THAT(message([&] { object.Get<std::vector<int>>("number"); }),
              HasSubstr("r.number"));
  EXPECT_THAT(message([&] { object.Object("list"); }),
              HasSubstr("r.list: expected an object, found array"));
}

TEST(JsonObject, RejectsIntegersBeyondTheirRange) {
  const auto json = Parse(
      R"({"max": 9223372036854775807, "min": -9223372036854775808,
          "above": 9223372036854775808, "far": 18446744073709551616,
          "below": -9223372036854775809, "wide": 2147483648})");
  JsonObject object(json, "r");
  EXPECT_EQ(object.Get<int64_t>("max"), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(object.Get<int64_t>("min"), std::numeric_limits<int64_t>::min());
  for (const char* key : {"above", "far", "below"}) {
    EXPECT_THAT(MessageOf([&] { object.Get<int64_t>(key); }), HasSubstr(key));
  }
  EXPECT_EQ(object.Get<int64_t>("wide"), 2147483648);
  EXPECT_THAT(MessageOf([&] { object.Get<int>("wide"); }), HasSubstr("wide"));
}

TEST(JsonObject, NamesTheMissingKey) {
  const auto json = Parse(R"({"model": {}})");
  JsonObject object(json, "recipe.json");
  JsonObject model = object.Object("model");
  EXPECT_EQ(MessageOf([&] { model.Get<int>("depth"); }),
            "recipe.json.model.depth: is missing");
}

TEST(JsonObject, FinishRejectsUnknownKeys) {
  const auto json = Parse(R"({"depth": 12, "embed_dmi": 192})");
  JsonObject object(json, "model");
  object.Get<int>("depth");
  object.GetOr("embed_dim", 0);
  EXPECT_EQ(MessageOf([&] { object.Finish(); }),
            "model: unknown key 'embed_dmi': did you mean 'embed_dim'?");
}

TEST(JsonObject, RejectsValuesThatAreNotObjects) {
  const auto json = Parse("[1]");
  EXPECT_THAT(MessageOf([&] { JsonObject(json, "r", ErrorKind::kFormat); },
                        ErrorKind::kFormat),
              HasSubstr("found array"));
}

}  // namespace
}  // namespace wsel
