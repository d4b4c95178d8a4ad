// Torch-free.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace wsel::plot {

// A text as a gnuplot string literal. Special characters (quotes, macros,
// backquotes, which run programs) become octal escapes; control characters,
// which would end the line, become spaces.
std::string GnuplotText(std::string_view text);

// Runs gnuplot with `script` on its standard input and returns its standard
// output, or nothing if gnuplot is not installed. Binary data may follow a plot
// command ("plot '-' binary array=(3,2)"). The user's start-up files are not
// read, so that a plot looks the same everywhere.
// Errors: kIo with gnuplot's error message, if it fails.
std::optional<std::string> RunGnuplot(std::string_view script);

// Draws a PNG and writes it atomically. `script` must set a PNG terminal and no
// output. Returns false if gnuplot is not installed: the caller then reports
// which plot is missing, and kGnuplotIsMissing. Errors: kIo, as RunGnuplot and
// AtomicFile.
bool DrawPng(const std::filesystem::path& path, std::string_view script);

inline constexpr std::string_view kGnuplotIsMissing =
    "plots need gnuplot, which is not installed (apt-get install gnuplot-nox)";

}  // namespace wsel::plot
