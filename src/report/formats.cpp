#include "wsel/report/formats.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "wsel/core/error.h"

namespace wsel::report {

const Registry<Format>& Formats() {
  static constexpr Registered<Format> kRows[] = {
      {Format::kMarkdown, "markdown"},
      {Format::kCsv, "csv"},
      {Format::kLatex, "latex"},
      {Format::kJson, "json"},
      {Format::kHtml, "html"},
      {Format::kSvg, "svg"},
      {Format::kPng, "png"}};
  static constexpr Registry<Format> kRegistry("format", kRows);
  return kRegistry;
}

Format FormatOf(const std::string& file) {
  // In the order of the enumeration.
  constexpr std::array<std::string_view, 7> kExtensions = {
      ".md", ".csv", ".tex", ".json", ".html", ".svg", ".png"};
  const auto extension = std::filesystem::path(file).extension().string();
  const auto* known = std::ranges::find(kExtensions, extension);
  if (known != kExtensions.end()) {
    return static_cast<Format>(known - kExtensions.begin());
  }
  throw Error(ErrorKind::kUsage, "output",
              "{} has an unknown extension; use {}, or add `format`", file,
              fmt::join(kExtensions, ", "));
}

Format FormatFor(const std::string& name, const std::string& output) {
  Format format = Format::kMarkdown;
  if (!name.empty()) {
    format = Formats().Find(name, "format");
  } else if (!output.empty()) {
    format = FormatOf(output);
  }
  if (format == Format::kPng && output.empty()) {
    throw Error(ErrorKind::kUsage, "output",
                "is missing: the PNG file to write");
  }
  return format;
}

std::string Render(const Report& report, Format format) {
  // In the order of the enumeration.
  constexpr std::array kWriters = {ToMarkdown, ToCsv, ToLatex, ToJson,
                                   ToHtml,     ToSvg, ToPng};
  return kWriters[static_cast<size_t>(format)](report);
}

}  // namespace wsel::report
