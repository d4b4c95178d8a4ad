#include "wsel/report/formats.h"

#include <array>
#include <filesystem>
#include <vector>

#include "wsel/core/error.h"

namespace wsel::report {

const Registry<Format>& Formats() {
  static constexpr std::array<Registered<Format>, 7> kRows = {{
      {Format::kMarkdown, "markdown", ".md"},
      {Format::kCsv, "csv", ".csv"},
      {Format::kLatex, "latex", ".tex"},
      {Format::kJson, "json", ".json"},
      {Format::kHtml, "html", ".html"},
      {Format::kSvg, "svg", ".svg"},
      {Format::kPng, "png", ".png"},
  }};
  static constexpr Registry<Format> kRegistry("format", kRows);
  return kRegistry;
}

Format FormatOf(const std::string& file) {
  std::vector<std::string_view> known;
  for (const auto& row : Formats().rows()) {
    if (std::filesystem::path(file).extension() == row.about) return row.value;
    known.push_back(row.about);
  }
  throw Error(ErrorKind::kUsage, "output",
              "{} has an unknown extension; use {}, or add --format", file,
              fmt::join(known, ", "));
}

std::string Render(const Report& report, Format format) {
  switch (format) {
    case Format::kMarkdown:
      return ToMarkdown(report);
    case Format::kCsv:
      return ToCsv(report);
    case Format::kLatex:
      return ToLatex(report);
    case Format::kJson:
      return ToJson(report);
    case Format::kHtml:
      return ToHtml(report);
    case Format::kSvg:
      return ToSvg(report);
    case Format::kPng:
      return ToPng(report);
  }
  return "";
}

}  // namespace wsel::report
