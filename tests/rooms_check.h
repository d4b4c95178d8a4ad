// Torch-free.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace wsel {

// Path from the project's root -> text.
using SourceTree = std::map<std::string, std::string>;

// What breaks the rules of CONTRIBUTING.md, one line a fault: includes that
// point up, sideways or in a circle, rooms that no table knows, headers that
// are marked torch-free and are not, names that say nothing.
std::vector<std::string> RoomFaults(const SourceTree& tree);

// Room -> level, as RoomFaults holds it.
const std::map<std::string, int>& RoomLevels();

}  // namespace wsel
