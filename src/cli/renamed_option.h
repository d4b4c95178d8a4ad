// Torch-free.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <type_traits>

namespace wsel::cli {

// Logs "--batch is now --batch-size".
void LogRenamed(std::string_view old_name, std::string_view new_name);

// Adds the old name of a renamed option, which sets the same value and is
// hidden from help and completion.
template <typename T>
CLI::Option* AddOldName(CLI::App& command, const std::string& old_name,
                        const std::string& new_name, T& value) {
  CLI::Option* option = nullptr;
  if constexpr (std::is_same_v<T, bool>) {
    option = command.add_flag(old_name, value, new_name);
  } else {
    option = command.add_option(old_name, value, new_name);
  }
  return option->group("");
}

// Calls LogRenamed for the old names on a command's line. To be called by the
// command, when logging is set up.
void LogOldNames(const CLI::App& command);

}  // namespace wsel::cli
