// Torch-free.
#pragma once

#include <string>
#include <vector>

namespace wsel {

// A word quoted for a POSIX shell, if it needs quoting.
std::string ShellQuote(const std::string& word);

// The quoted words, separated by spaces.
std::string ShellLine(const std::vector<std::string>& words);

}  // namespace wsel
