// Torch-free.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "wsel/core/json_object.h"
#include "wsel/core/text_file.h"

namespace wsel::naming {

// A file by scripts/golden/naming.py and its properties.
struct Case {
  std::filesystem::path path;
  std::string file;
  std::string source;
  std::string prefix;
  std::vector<std::string> ignored;  // keys under the prefix
  std::string activation;            // empty: GELU
};

inline std::filesystem::path GoldenFolder() {
  return std::filesystem::path(WSEL_SOURCE_DIR) / "tests/golden/naming";
}

inline std::vector<Case> GoldenCases() {
  const auto root =
      ParseJson(ReadText((GoldenFolder() / "cases.json").string()),
                "cases.json", ErrorKind::kFormat);
  std::vector<Case> cases;
  for (const auto& row : root.at("cases")) {
    JsonObject json(row, "cases.json");
    const auto file = json.Get<std::string>("file");
    cases.push_back({GoldenFolder() / file, file,
                     json.Get<std::string>("source"),
                     json.GetOr<std::string>("prefix", ""),
                     json.GetOr<std::vector<std::string>>("ignored", {}),
                     json.GetOr<std::string>("activation", "")});
    json.Finish();
  }
  return cases;
}

}  // namespace wsel::naming
