#include "rooms_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string_view>

namespace wsel {
namespace {

namespace fs = std::filesystem;

using Violations = std::vector<std::string>;

// The two main files are in no room and may include all.
constexpr int kAboveAll = 100;
constexpr int kNoRoom = -1;

bool IsHeader(std::string_view path) { return path.ends_with(".h"); }

// "include/wsel/core/error.h" and "src/core/error.cpp" -> "core".
std::string RoomOf(const std::string& path) {
  static const std::regex kRoom("(include/wsel|src)/([^/]+)/.+");
  std::smatch match;
  return std::regex_match(path, match, kRoom) ? match.str(2) : "";
}

int LevelOf(const std::string& path) {
  if (path == "src/main.cpp" || path == "src/main_torch.cpp") return kAboveAll;
  const auto at = RoomLevels().find(RoomOf(path));
  return at == RoomLevels().end() ? kNoRoom : at->second;
}

// Resolved as the preprocessor does: beside the including file, then in
// include/. Files outside the tree stay as written ("ATen/ATen.h").
std::vector<std::string> IncludesOf(const std::string& path,
                                    const SourceTree& tree) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
  std::vector<std::string> includes;
  std::istringstream text(tree.at(path));
  for (std::string line; std::getline(text, line);) {
    std::smatch match;
    if (!std::regex_search(line, match, kInclude)) continue;
    const fs::path written = match.str(1);
    const auto beside =
        (fs::path(path).parent_path() / written).lexically_normal().string();
    if (tree.contains(beside)) {
      includes.push_back(beside);
    } else if (written.string().starts_with("wsel/")) {
      includes.push_back("include/" + written.string());
    } else {
      includes.push_back(written.string());
    }
  }
  return includes;
}

void CheckLevels(const std::string& path, const SourceTree& tree,
                 Violations& violations) {
  const int level = LevelOf(path);
  if (level == kNoRoom) {
    violations.push_back(fmt::format("{}: is in no known room", path));
    return;
  }
  for (const std::string& include : IncludesOf(path, tree)) {
    const std::string room = RoomOf(include);
    if (room.empty() || room == RoomOf(path)) continue;
    const int below = LevelOf(include);
    if (below == kNoRoom) {
      violations.push_back(
          fmt::format("{}: includes the unknown room {}", path, room));
    } else if (below >= level) {
      violations.push_back(fmt::format("{}: level {} includes {} of level {}",
                                       path, level, include, below));
    }
  }
}

// All files that `path` includes directly or indirectly, with itself and
// LibTorch's headers.
void CollectIncludes(const std::string& path, const SourceTree& tree,
                     std::set<std::string>& included) {
  if (!included.insert(path).second || !tree.contains(path)) return;
  for (const std::string& next : IncludesOf(path, tree)) {
    CollectIncludes(next, tree, included);
  }
}

void CheckTorchFree(const std::string& path, const SourceTree& tree,
                    Violations& violations) {
  static const std::regex kTorch("(torch|ATen|c10|caffe2)/.*");
  if (!tree.at(path).starts_with("// Torch-free.\n")) return;
  std::set<std::string> included;
  CollectIncludes(path, tree, included);
  for (const std::string& file : included) {
    if (std::regex_match(file, kTorch)) {
      violations.push_back(
          fmt::format("{}: marked torch-free, but includes {}", path, file));
    }
  }
}

// A header that includes itself through another.
void CheckCycle(const std::string& path, const SourceTree& tree,
                Violations& violations) {
  std::set<std::string> included;
  for (const std::string& next : IncludesOf(path, tree)) {
    CollectIncludes(next, tree, included);
  }
  if (included.contains(path)) {
    violations.push_back(fmt::format("{}: is on an include cycle", path));
  }
}

void CheckUsing(const std::string& path, const SourceTree& tree,
                Violations& violations) {
  static const std::regex kUsing(R"((^|[\n;{}])\s*using\s+namespace\b)");
  if (std::regex_search(tree.at(path), kUsing)) {
    violations.push_back(fmt::format("{}: using namespace in a header", path));
  }
}

void CheckName(const std::string& path, Violations& violations) {
  static const std::regex kMeaningless(
      R"((utils?|helpers?|common|misc|.*(manager|handler|context).*))",
      std::regex::icase);
  for (const fs::path& part : fs::path(path)) {
    if (std::regex_match(part.stem().string(), kMeaningless)) {
      violations.push_back(fmt::format("{}: '{}' is not a descriptive name",
                                       path, part.string()));
    }
  }
}

using Rooms = std::set<std::string>;

// "wsel_room(augment USES core image TORCH a.cpp)" -> augment: core, image.
std::map<std::string, Rooms> LinkedRooms(const std::string& cmake) {
  static const std::regex kCall(R"(wsel_room\((\w+)([^)]*)\))");
  std::map<std::string, Rooms> linked;
  for (std::sregex_iterator call(cmake.begin(), cmake.end(), kCall), end;
       call != end; ++call) {
    Rooms& rooms = linked[call->str(1)];
    std::istringstream words(call->str(2));
    bool uses = false;
    for (std::string word; words >> word;) {
      if (word == "USES" || word == "TORCH") {
        uses = word == "USES";
      } else if (uses) {
        rooms.insert(word);
      }
    }
  }
  return linked;
}

// 0 for an unknown room, which RoomViolations reports.
int RoomLevel(const std::string& room) {
  const auto at = RoomLevels().find(room);
  return at == RoomLevels().end() ? 0 : at->second;
}

}  // namespace

const std::map<std::string, int>& RoomLevels() {
  static const std::map<std::string, int> kLevels = {
      {"core", 0},        {"help", 1},    {"tensor", 1},  {"run", 1},
      {"distributed", 1}, {"plot", 1},    {"kernels", 1}, {"checkpoint", 2},
      {"model", 2},       {"image", 2},   {"optim", 2},   {"nn", 3},
      {"naming", 3},      {"augment", 4}, {"data", 4},    {"pretrained", 4},
      {"select", 5},      {"onnx", 5},    {"train", 5},   {"analyze", 6},
      {"calibrate", 6},   {"probe", 6},   {"recipe", 6},  {"report", 6},
      {"session", 7},     {"sweep", 8},   {"cli", 9},
  };
  return kLevels;
}

Violations LinkViolations(const SourceTree& tree, const std::string& cmake) {
  const auto linked = LinkedRooms(cmake);
  Rooms violations;  // each once
  for (const auto& [path, text] : tree) {
    const std::string room = RoomOf(path);
    if (room.empty()) continue;
    const auto links = linked.find(room);
    if (links == linked.end()) {
      violations.insert(fmt::format("{}: is not a wsel_room", room));
      continue;
    }
    for (const std::string& include : IncludesOf(path, tree)) {
      const std::string used = RoomOf(include);
      if (used.empty() || used == room || links->second.contains(used)) {
        continue;
      }
      violations.insert(fmt::format("{}: {} is not in its USES", path, used));
    }
  }
  for (const auto& [room, rooms] : linked) {
    for (const std::string& used : rooms) {
      if (RoomLevel(used) < RoomLevel(room)) continue;
      violations.insert(
          fmt::format("{}: links {} of level {}", room, used, RoomLevel(used)));
    }
  }
  return {violations.begin(), violations.end()};
}

Violations RoomViolations(const SourceTree& tree) {
  Violations violations;
  for (const auto& [path, text] : tree) {
    CheckLevels(path, tree, violations);
    CheckName(path, violations);
    if (!IsHeader(path)) continue;
    CheckTorchFree(path, tree, violations);
    CheckCycle(path, tree, violations);
    CheckUsing(path, tree, violations);
  }
  return violations;
}

}  // namespace wsel
