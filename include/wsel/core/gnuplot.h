// Torch-free.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace wsel {

// A text as a string of gnuplot's. Whatever could mean something to it (quotes,
// backquotes, which run programs, macros) is written by its number; control
// characters, which would end the line, become spaces.
std::string GnuplotText(std::string_view text);

// What gnuplot, run as a child with `script` on its standard input, writes to
// its standard output; nothing where there is no gnuplot. Data may follow a
// plot command in binary ("plot '-' binary array=(3,2)"). The user's own
// start-up files are not read, so that a picture looks alike everywhere.
// Errors: kIo with what gnuplot says, where it fails.
std::optional<std::string> RunGnuplot(std::string_view script);

// Draws a PNG, which appears whole or not at all. `script` sets its terminal to
// a PNG one, and no output. Returns false where there is no gnuplot: the caller
// says what then is missing, and kGnuplotIsMissing what to do.
// Errors: kIo, as above and as AtomicFile.
bool DrawPng(const std::filesystem::path& path, std::string_view script);

inline constexpr std::string_view kGnuplotIsMissing =
    "pictures need gnuplot (apt-get install gnuplot-nox), and it is not here";

}  // namespace wsel
