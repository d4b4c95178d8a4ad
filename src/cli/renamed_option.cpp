#include "renamed_option.h"

#include <spdlog/spdlog.h>

namespace wsel::cli {

void LogRenamed(std::string_view old_name, std::string_view new_name) {
  spdlog::warn("{} is now {}", old_name, new_name);
}

void LogOldNames(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_group().empty() || option->count() == 0) continue;
    // get_name() is empty for a hidden option.
    LogRenamed("--" + option->get_lnames().front(), option->get_description());
  }
}

}  // namespace wsel::cli
