// Torch-free.
#pragma once

#include <string>

#include "wsel/plot/figure.h"

namespace wsel::plot {

// The CSS of panels, for the <style> of a page or of an SVG file; `dark` adds
// colours for readers who prefer a dark scheme.
std::string SvgStyle(bool dark);

// An <svg> element, 640 units wide, of a panel that has a scale for y and no
// logarithmic one; it needs SvgStyle. Curves with many points have no markers;
// beyond eight lines, dashes distinguish equal colours.
std::string PanelSvg(const Panel& panel);

// A whole SVG file; each panel has its own legend.
std::string FigureSvg(const Figure& figure);

}  // namespace wsel::plot
