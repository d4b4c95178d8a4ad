#include "wsel/core/height_width.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

namespace wsel {
namespace {

// The whole of `text`, or nullopt.
std::optional<int64_t> WholeNumber(std::string_view text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc() || rest != end) return std::nullopt;
  return value;
}

// "224" or "192x256".
std::optional<HeightWidth> SizeOfText(std::string_view text) {
  const size_t times = text.find('x');
  const auto height = WholeNumber(text.substr(0, times));
  if (!height) return std::nullopt;
  if (times == std::string_view::npos) return HeightWidth(*height);
  const auto width = WholeNumber(text.substr(times + 1));
  if (!width) return std::nullopt;
  return HeightWidth(*height, *width);
}

std::optional<HeightWidth> SizeOfJson(const nlohmann::ordered_json& json) {
  if (json.is_string()) return SizeOfText(json.get_ref<const std::string&>());
  // Numbers above int64_t's are none here.
  const auto number =
      [](const nlohmann::ordered_json& value) -> std::optional<int64_t> {
    return value.is_number_integer() ? WholeNumber(value.dump()) : std::nullopt;
  };
  if (!json.is_array()) {
    const auto side = number(json);
    return side ? std::optional(HeightWidth(*side)) : std::nullopt;
  }
  if (json.size() != 2) return std::nullopt;
  const auto height = number(json[0]);
  const auto width = number(json[1]);
  if (!height || !width) return std::nullopt;
  return HeightWidth(*height, *width);
}

}  // namespace

std::string ToText(const HeightWidth& size) {
  if (size.IsSquare()) return fmt::format("{}", size.height);
  return fmt::format("{}x{}", size.height, size.width);
}

HeightWidth ParseHeightWidth(std::string_view text, std::string_view where) {
  if (const auto size = SizeOfText(text)) return *size;
  throw Error(ErrorKind::kUsage, where,
              "'{}': expected a number for a square, such as 224, or height "
              "x width, such as 192x256",
              text);
}

HeightWidth ReadHeightWidth(const nlohmann::ordered_json& json,
                            std::string_view where, ErrorKind kind) {
  if (const auto size = SizeOfJson(json)) return *size;
  if (json.is_array()) {
    throw Error(kind, where,
                "has {} values; it takes a number for a square, such as 224, "
                "or two whole numbers, height and width, such as [192, 256]",
                json.size());
  }
  throw Error(kind, where,
              "expected a number for a square, such as 224, or height and "
              "width, such as [192, 256]");
}

}  // namespace wsel
