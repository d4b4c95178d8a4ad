// Torch-free.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace wsel {

// Path relative to the project's root -> text.
using SourceTree = std::map<std::string, std::string>;

// Violations of the rules of CONTRIBUTING.md, one line each: includes of a room
// on the same or a higher level, include cycles, unknown rooms, headers that
// are marked torch-free but are not, meaningless names.
std::vector<std::string> RoomViolations(const SourceTree& tree);

// Rooms that include one which their target does not link, or link one of the
// same or a higher level. `cmake`: CMakeLists.txt, with its calls of wsel_room.
std::vector<std::string> LinkViolations(const SourceTree& tree,
                                        const std::string& cmake);

// Room -> level, as RoomViolations checks it.
const std::map<std::string, int>& RoomLevels();

}  // namespace wsel
