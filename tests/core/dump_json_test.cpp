#include "wsel/core/dump_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace wsel {
namespace {

TEST(DumpJson, ReplacesWhatIsNotUtf8) {
  const nlohmann::ordered_json json = {{"b", "caf\xE9"}, {"a", 1}};
  EXPECT_EQ(DumpJson(json), "{\"b\":\"caf\uFFFD\",\"a\":1}");
  EXPECT_EQ(DumpJson(json, 1), "{\n \"b\": \"caf\uFFFD\",\n \"a\": 1\n}");
}

}  // namespace
}  // namespace wsel
