// Torch-free.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "wsel/core/error.h"

namespace wsel {

// The height and width of images in pixels, or of a grid in patches. As in
// timm, one number is the side of a square, and two are height and width.
struct HeightWidth {
  int64_t height = 0;
  int64_t width = 0;

  constexpr HeightWidth() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): a side is a size
  constexpr HeightWidth(int64_t side) : height(side), width(side) {}
  constexpr HeightWidth(int64_t height_in, int64_t width_in)
      : height(height_in), width(width_in) {}

  friend constexpr bool operator==(const HeightWidth&,
                                   const HeightWidth&) = default;

  constexpr bool IsSquare() const { return height == width; }
  constexpr int64_t Area() const { return height * width; }
  constexpr int64_t Shorter() const { return height < width ? height : width; }
  constexpr int64_t Longer() const { return height < width ? width : height; }
};

// "224" of a square, else "192x256": height x width.
std::string ToText(const HeightWidth& size);

// Reads what ToText writes. Errors: kUsage at `where` for anything else.
HeightWidth ParseHeightWidth(std::string_view text, std::string_view where);

// Reads 224, [192, 256], or what ToText writes as a string. Errors: `kind` at
// `where` for anything else.
HeightWidth ReadHeightWidth(const nlohmann::ordered_json& json,
                            std::string_view where, ErrorKind kind);

// 224 of a square, else [192, 256]. nlohmann::json finds this by its name.
template <typename Json>
void to_json(Json& json, const HeightWidth& size) {
  if (size.IsSquare()) {
    json = size.height;
  } else {
    json = Json::array({size.height, size.width});
  }
}

}  // namespace wsel

// fmt writes one as ToText does.
template <>
struct fmt::formatter<wsel::HeightWidth> : fmt::formatter<fmt::string_view> {
  template <typename Context>
  auto format(const wsel::HeightWidth& size, Context& context) const
      -> decltype(context.out()) {
    return fmt::formatter<fmt::string_view>::format(wsel::ToText(size),
                                                    context);
  }
};
