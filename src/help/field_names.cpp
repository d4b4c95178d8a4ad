#include "wsel/help/field_names.h"

#include <fmt/format.h>

#include <algorithm>

namespace wsel::help {

std::string OptionOf(std::string_view field) {
  std::string option = fmt::format("--{}", field);
  std::ranges::replace(option, '_', '-');
  return option;
}

std::string WithOptions(std::string_view text,
                        const std::function<bool(const std::string&)>& has) {
  const auto is_field = [](std::string_view name) {
    return !name.empty() &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") ==
               std::string_view::npos;
  };
  std::string named;
  while (true) {
    const size_t open = text.find('`');
    if (open == std::string_view::npos) break;
    const size_t close = text.find('`', open + 1);
    if (close == std::string_view::npos) break;
    named += text.substr(0, open);
    const std::string_view field = text.substr(open + 1, close - open - 1);
    if (is_field(field)) {
      const std::string option = OptionOf(field);
      named += has(option) ? option : field;
      text.remove_prefix(close + 1);
    } else {  // the second backtick may open another
      named += text.substr(open, close - open);
      text.remove_prefix(close);
    }
  }
  named += text;
  return named;
}

}  // namespace wsel::help
