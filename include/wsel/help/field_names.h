// Torch-free.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace wsel::help {

// Libraries name fields where the user knows options.

// The name of the option that sets a field: "--img-size" of "img_size".
std::string OptionOf(std::string_view field);

// A library's text about what to do has `img_size` in backticks: with
// "--img-size" in its place if the command has that option, else with the bare
// field. Other text in backticks is kept.
std::string WithOptions(std::string_view text,
                        const std::function<bool(const std::string&)>& has);

}  // namespace wsel::help
