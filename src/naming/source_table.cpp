#include "source_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "library_names.h"

namespace wsel::naming {
namespace {

// The number at the start of `text`, or "".
std::string_view LeadingNumber(std::string_view text) {
  constexpr size_t kMaxDigits = 4;
  const auto number = text.substr(0, text.find_first_not_of("0123456789"));
  const bool padded = number.size() > 1 && number.front() == '0';
  return padded || number.size() > kMaxDigits ? "" : number;
}

}  // namespace

std::optional<Numbers> Match(std::string_view pattern, std::string_view name) {
  Numbers numbers;
  for (const char c : pattern) {
    if (c == '*') return numbers;
    if (c == '#' || c == '%') {
      const std::string_view number = LeadingNumber(name);
      if (number.empty()) return std::nullopt;
      if (c == '#') numbers.emplace_back(number);
      name.remove_prefix(number.size());
      continue;
    }
    if (!name.starts_with(c)) return std::nullopt;
    name.remove_prefix(1);
  }
  if (!name.empty()) return std::nullopt;
  return numbers;
}

std::string Fill(std::string_view pattern, const Numbers& numbers) {
  std::string name;
  auto next = numbers.begin();
  for (const char c : pattern) name += c == '#' ? *next++ : std::string(1, c);
  return name;
}

Rows& Rows::Add(std::string_view source, std::string_view timm,
                TensorLayout layout, Part part) {
  rows_.push_back(
      {prefix_ + std::string(source), std::string(timm), layout, part});
  return *this;
}

Rows& Rows::Layer(std::string_view source, std::string_view timm,
                  TensorLayout weight, Part part) {
  Add(fmt::format("{}.weight", source), fmt::format("{}.weight", timm), weight,
      part);
  return Add(fmt::format("{}.bias", source), fmt::format("{}.bias", timm),
             TensorLayout::kSame, part);
}

Rows& Rows::LayerWithoutPrefix(std::string_view source, std::string_view timm) {
  rows_ = With(std::move(rows_), Rows().Layer(source, timm).Take());
  return *this;
}

bool HasMarkers(const Source& source, const std::string& prefix,
                const std::unordered_set<std::string_view>& names) {
  return std::ranges::all_of(source.markers, [&](const std::string& marker) {
    const bool absent = marker.starts_with('!');
    return names.contains(prefix + marker.substr(absent ? 1 : 0)) != absent;
  });
}

const std::vector<Source>& Sources() {
  static const std::vector<Source> sources = [] {
    std::vector<Source> out;
    std::apply([&](const auto&... names) { (names.add_sources(out), ...); },
               kLibraryNames);
    return out;
  }();
  return sources;
}

std::vector<Row> With(std::vector<Row> rows, const std::vector<Row>& more) {
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

Exportable ExportableUnder(const std::string& prefix, const std::string& own) {
  if (prefix == own) return Exportable::kWithHead;
  return prefix.empty() ? Exportable::kWithoutHead : Exportable::kNone;
}

void AddClassPosition(std::vector<Row>& rows) {
  const auto positions = std::ranges::find(rows, "pos_embed", &Row::timm);
  positions->layout = TensorLayout::kLaterPositions;
  rows.push_back({positions->source, "cls_token", TensorLayout::kFirstPosition,
                  Part::kAddend});
}

}  // namespace wsel::naming
