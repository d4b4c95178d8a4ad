// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "wsel/report/statistics.h"
#include "wsel/report/study.h"

namespace wsel::report {

// Against the baseline's cell.
struct Comparison {
  double change = 0;           // of the means that the table shows
  PairedDifference paired;     // over the seeds that both have
  std::vector<int64_t> alone;  // seeds that one of them alone has
};

// An accuracy of a cell, in percent.
struct Measure {
  Spread spread;
  bool best = false;  // none of its column is shown higher; one must be lower
  std::optional<Comparison> change;
};

// A mean learning curve after an epoch.
struct CurvePoint {
  int64_t epoch = 0;
  Spread top1;
};

// The first epoch evaluated at `accuracy` or more.
struct Reach {
  double accuracy = 0;
  int64_t reached = 0;  // of the cell's runs
  // Over the runs that reached it; says little where some did not.
  std::optional<Spread> epochs;
};

// The runs of equal settings, which differ in the seed alone.
struct Cell {
  std::vector<size_t> runs;     // places in Study::runs, of any state
  std::vector<size_t> counted;  // those that tables count
  std::optional<Measure> last;  // top-1 of the last epoch evaluated
  std::optional<Measure> best;  // the highest top-1 of any epoch
  std::optional<Spread> top5;   // of the last epoch
  // Of the counted runs; where none is, of those that are under way.
  std::vector<CurvePoint> curve;
  bool under_way = false;
  std::vector<Reach> reach;
};

// Whether tables count a run: it is finished, or foreign, and was evaluated.
bool IsCounted(const Run& run);

// Top-1 of the last evaluated epoch, or the highest; `run` was evaluated.
double LastTop1(const Run& run);
double BestTop1(const Run& run);

// The cell of these runs, but for what needs other cells: best, change, reach.
Cell MakeCell(const Study& study, std::vector<size_t> runs);

// The mean of the runs' curves at the epochs that all of them evaluated: of a
// changing number of runs the mean would jump.
std::vector<CurvePoint> MeanCurve(const std::vector<const Run*>& runs);

// Of the runs of a cell.
Reach ReachOf(const Study& study, const Cell& cell, double accuracy);

// At most six round accuracies between the lowest and the highest point of the
// curves, ascending.
std::vector<double> RoundAccuracies(const std::vector<const Cell*>& cells);

// Compares two cells by last or best top-1 (LastTop1, BestTop1).
Comparison Compare(const Study& study, const Cell& cell, const Cell& baseline,
                   double (*measure)(const Run&));

}  // namespace wsel::report
