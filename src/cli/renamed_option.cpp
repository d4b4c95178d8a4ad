#include "renamed_option.h"

#include <spdlog/spdlog.h>

namespace wsel::cli {

void LogRenamed(std::string_view old_name, std::string_view new_name) {
  spdlog::warn("{} is now {}", old_name, new_name);
}

void LogOldNames(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_group().empty() || option->count() == 0) continue;
    LogRenamed(option->get_name(), option->get_description());
  }
}

}  // namespace wsel::cli
