// Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace wsel::train {

// How far a piece of work is, such as an epoch or an evaluation.
struct ProgressPoint {
  // "epoch 3/50"; another title, or a step back, begins another piece.
  std::string title;
  int64_t step = 0;         // done
  int64_t steps = 0;        // of this piece
  int64_t later_steps = 0;  // after this piece, counted into the time left
  int64_t images = 0;       // done
  std::optional<double> loss = std::nullopt;
  std::optional<double> lr = std::nullopt;
};

// What was measured up to a point; 0: not yet.
struct ProgressRate {
  double images_per_second = 0;
  double steps_per_second = 0;
};

// "epoch 3/50  [=====>    ] 120/312  loss 4.213  lr 1.2e-3  812 img/s  12:34
// left" in `width` columns at most, in ASCII. A bar that finds no room is left
// out, then the text is cut.
std::string ProgressBar(const ProgressPoint& point, const ProgressRate& rate,
                        int width);

// The same without a bar, as a line of a log.
std::string ProgressLine(const ProgressPoint& point, const ProgressRate& rate);

// How progress is shown. Without colours, so that NO_COLOR has none to forbid.
struct ProgressOptions {
  bool bar = false;             // redraw one line; false: print lines
  double seconds = 10;          // at least, between two bars or two lines
  std::function<int()> width;   // of the terminal, for the bar
  std::function<double()> now;  // seconds, from any origin
  std::function<void(std::string_view)> write;
};

// Whether stderr is a terminal on which lines can be drawn anew, and how many
// columns it has; 80 where nobody says.
bool StderrRedraws();
int StderrWidth();

// For stderr: a bar ten times a second on a terminal that can redraw, otherwise
// a line each `line_seconds`.
ProgressOptions ProgressOnStderr(double line_seconds);

class ProgressMeter {
 public:
  explicit ProgressMeter(ProgressOptions options)
      : options_(std::move(options)) {}

  // Shows the point where it is time; on a bar also the first of a piece and
  // its last.
  // Rates are taken over the piece under way.
  void Update(const ProgressPoint& point);

  // Takes the bar off the screen, before other output or at the end.
  void Clear();

 private:
  ProgressRate Measure(const ProgressPoint& point, double now);

  ProgressOptions options_;
  ProgressPoint first_;  // of the piece under way
  int64_t last_step_ = 0;
  double first_time_ = 0;
  ProgressRate rate_;            // the last that was measured
  std::optional<double> shown_;  // when something was last shown
  bool on_screen_ = false;       // a bar is
};

}  // namespace wsel::train
