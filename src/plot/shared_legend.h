// Torch-free.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "wsel/plot/figure.h"

namespace wsel::plot {

// gnuplot's mark of a line, distinct in black and white. Marks shift when the
// colours repeat, so that 64 lines are distinct.
int MarkOf(size_t line);

// The legend below all panels: rows of marks with line names. gnuplot's own key
// would be limited to the width of one panel.
class SharedLegend {
 public:
  // `width` of the figure, in pixels.
  SharedLegend(const std::vector<Line>& lines, int width);

  int height() const;

  // For a figure that is `height` pixels high.
  std::string Script(int height) const;

 private:
  const std::vector<Line>& lines_;
  int width_;
  int cell_ = 0;  // the width of one name with its mark
  int columns_ = 1;
  int rows_ = 1;
};

}  // namespace wsel::plot
