// Torch-free.
#pragma once

#include <string>
#include <vector>

namespace wsel {

// A word quoted for a shell, if it needs quoting. The result is UTF-8: other
// bytes become $'\xE9', which bash, zsh and POSIX.1-2024 read.
std::string ShellQuote(const std::string& word);

// The quoted words, separated by spaces.
std::string ShellLine(const std::vector<std::string>& words);

}  // namespace wsel
