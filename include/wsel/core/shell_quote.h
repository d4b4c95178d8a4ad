// Torch-free.
#pragma once

#include <string>
#include <vector>

namespace wsel {

// A word as a POSIX shell would need it typed.
std::string ShellQuote(const std::string& word);

// Words with blanks between.
std::string ShellLine(const std::vector<std::string>& words);

}  // namespace wsel
