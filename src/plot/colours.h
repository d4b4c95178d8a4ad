// Torch-free.
#pragma once

#include <array>
#include <cstddef>

namespace wsel::plot {

// Line colours, in order. Okabe and Ito's palette, which is safe for
// colour-blind readers, with grey for the first line, which is usually the
// baseline; and the same for a dark background.
inline constexpr std::array<const char*, 8> kColours = {
    "#6b6b6b", "#0072b2", "#d55e00", "#009e73",
    "#b4569a", "#b88300", "#3f9fd8", "#7a5c2e"};
inline constexpr std::array<const char*, kColours.size()> kColoursOnDark = {
    "#a8a8a8", "#4fa8e0", "#f08a3c", "#34c79c",
    "#e09ac4", "#f0c350", "#8fd0f5", "#c9a876"};

inline const char* ColourOf(size_t line) {
  return kColours[line % kColours.size()];
}

}  // namespace wsel::plot
