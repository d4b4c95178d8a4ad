// Torch-free.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace wsel::data {

// A line of a list, and its position for messages: "trainval.txt:17".
struct ListLine {
  std::string text;
  std::string where;
};

// The lines of a text file, stripped of white space, without empty lines and
// those that start with '#'. Errors: kIo.
std::vector<ListLine> ReadList(const std::filesystem::path& path);

// The index of each name in `classes`, which are sorted. Errors: kMismatch
// naming the unknown classes.
std::vector<int32_t> LabelsOf(const std::vector<std::string>& names,
                              const std::vector<std::string>& classes,
                              const std::string& where);

// Distinct names, sorted by bytes.
std::vector<std::string> SortedUnique(std::vector<std::string> names);

}  // namespace wsel::data
