// Torch-free.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace wsel::data {

// A line of a list, and where it is, for messages: "trainval.txt:17".
struct ListLine {
  std::string text;
  std::string where;
};

// The lines of a text file, stripped of white space; empty ones and those that
// start with '#' are left out. Errors: kIo.
std::vector<ListLine> ReadList(const std::filesystem::path& path);

// Each label's place in `classes`, which are sorted. Errors: kMismatch naming
// the classes that are not there.
std::vector<int32_t> LabelsOf(const std::vector<std::string>& names,
                              const std::vector<std::string>& classes,
                              const std::string& where);

// Distinct names, sorted by bytes.
std::vector<std::string> SortedSet(std::vector<std::string> names);

}  // namespace wsel::data
