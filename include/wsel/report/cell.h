// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wsel/report/experiment.h"
#include "wsel/report/statistics.h"

namespace wsel::report {

// A cell compared with the baseline's cell.
struct Comparison {
  double change = 0;        // difference of the means shown in the table
  PairedDifference paired;  // over the seeds that both cells have
  std::vector<uint64_t> unpaired_seeds;  // seeds that only one of them has
};

// The top-1 accuracy of a cell, in percent; of runs with several labels per
// image mAP, as wherever top-1 is said here.
struct CellAccuracy {
  MeanStd value;
  // Highest of its column as displayed, and some other cell is lower.
  bool best = false;
  std::optional<Comparison> change = std::nullopt;
};

// A point of a mean learning curve.
struct CurvePoint {
  int64_t epoch = 0;
  MeanStd top1;
};

// The first epoch evaluated at or above `accuracy`.
struct EpochsToAccuracy {
  double accuracy = 0;      // percent
  int64_t num_reached = 0;  // runs of the cell that reach it
  // Over the runs that reach it only: misleading if some do not.
  std::optional<MeanStd> epochs;
};

// Runs with the same settings, which differ only in the seed.
struct Cell {
  std::vector<size_t> runs;     // indices into Experiment::runs, in any state
  std::vector<size_t> counted;  // those included in tables, see IsCounted
  std::optional<CellAccuracy> last;  // top-1 of the last evaluated epoch
  std::optional<CellAccuracy> best;  // highest top-1 of any epoch
  std::optional<MeanStd> top5;       // of the last evaluated epoch
  // Top-1 of the best weights on test images that did not choose them.
  std::optional<CellAccuracy> test;
  // Of the best weights, on those images if there are any; empty if a run has
  // none of them.
  std::optional<CellAccuracy> balanced_accuracy;
  std::optional<CellAccuracy> macro_f1;
  std::optional<CellAccuracy> subset_accuracy;  // of several labels per image
  // Most corrupt test images that an accuracy of a counted run leaves out.
  int64_t skipped = 0;
  // Of the counted runs; if there are none, of the unfinished ones.
  std::vector<CurvePoint> curve;
  bool unfinished = false;  // no run is counted
  std::vector<EpochsToAccuracy> epochs_to_accuracy;
};

// Whether tables include a run: it is finished, or a third-party log, and has
// at least one evaluation.
bool IsCounted(const Run& run);

// Whether its images have several labels: it has mAP in place of top-1.
bool IsMultiLabel(const Run& run);

// What its accuracies are: "top-1" or "mAP".
std::string MetricOf(const Experiment& experiment, const Cell& cell);

// The most corrupt test images that an evaluation of the run left out.
int64_t SkippedImages(const Run& run);

// Top-1 of the last evaluated epoch, or the highest; `run` was evaluated.
using Metric = double (*)(const Run&);
double LastTop1(const Run& run);
double BestTop1(const Run& run);

// Of the best weights, in percent; empty where the log does not have it.
std::optional<double> TestTop1(const Run& run);
std::optional<double> BestBalancedAccuracy(const Run& run);
std::optional<double> BestMacroF1(const Run& run);
std::optional<double> BestSubsetAccuracy(const Run& run);

// The cell of these runs, without the fields that depend on other cells:
// CellAccuracy::best and change, epochs_to_accuracy.
Cell MakeCell(const Experiment& experiment, std::vector<size_t> runs);

// Over the counted runs of a cell.
EpochsToAccuracy ComputeEpochsToAccuracy(const Experiment& experiment,
                                         const Cell& cell, double accuracy);

// At most six round accuracies between the lowest and the highest point of the
// curves, ascending.
std::vector<double> RoundAccuracies(const std::vector<const Cell*>& cells);

// Compares two cells by last or best top-1 (LastTop1, BestTop1).
Comparison Compare(const Experiment& experiment, const Cell& cell,
                   const Cell& baseline, Metric metric);

}  // namespace wsel::report
