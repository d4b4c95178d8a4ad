// Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace wsel {

// How far a phase of the work is, such as an epoch or an evaluation.
struct ProgressPoint {
  // "epoch 3/50"; another title, or a smaller step, begins another phase.
  std::string title;
  int64_t step = 0;    // done
  int64_t steps = 0;   // of this phase
  int64_t images = 0;  // done
  std::optional<double> loss = std::nullopt;
  std::optional<double> lr = std::nullopt;
  // The fraction of the time in which this rank waited for others.
  std::optional<double> comm_wait = std::nullopt;
  // Of all the work; without it the time left is that of this phase.
  std::optional<double> seconds_left = std::nullopt;
};

// Receives the points of a computation's phases, several times a second.
using OnProgress = std::function<void(const ProgressPoint&)>;

// Goes one step of so many images further, and reports it.
void Advance(ProgressPoint& point, int64_t images,
             const OnProgress& on_progress);

// Rates measured up to a point; 0: not yet.
struct ProgressRate {
  double images_per_second = 0;
  double steps_per_second = 0;
};

// "epoch 3/50  [=====>    ] 120/312  loss 4.213  lr 1.2e-3  812 img/s  12:34
// left" in `width` columns at most, in ASCII. If there is no room for it, the
// bar is left out, then the text is truncated.
std::string ProgressBar(const ProgressPoint& point, const ProgressRate& rate,
                        int width);

// The same without a bar, for a log.
std::string ProgressLine(const ProgressPoint& point, const ProgressRate& rate);

// How progress is shown. Colours are never used, so NO_COLOR needs no handling.
struct ProgressOptions {
  bool bar = false;             // redraw one line; false: print lines
  double seconds = 10;          // minimum between two bars or two lines
  std::function<int()> width;   // of the terminal, for the bar
  std::function<double()> now;  // seconds, from any origin
  std::function<void(std::string_view)> write;
};

// Whether stderr is a terminal that can redraw a line, and its width in
// columns; 80 if unknown.
bool StderrRedraws();
int StderrWidth();

// For stderr: a bar ten times a second on a terminal that can redraw, otherwise
// a line every `line_seconds`.
ProgressOptions ProgressOnStderr(double line_seconds);

class ProgressMeter {
 public:
  explicit ProgressMeter(ProgressOptions options)
      : options_(std::move(options)) {}

  // Shows the point if enough time has passed; a bar also shows the first and
  // the last of a phase. Rates are measured over the current phase.
  void Update(const ProgressPoint& point);

  // Erases the bar from the screen, before other output or at the end.
  void Clear() {
    if (std::exchange(on_screen_, false)) options_.write("\r\x1b[K");
  }

 private:
  ProgressRate Measure(const ProgressPoint& point, double now);

  ProgressOptions options_;
  ProgressPoint first_;  // of the current phase
  int64_t last_step_ = 0;
  double first_time_ = 0;
  ProgressRate rate_;            // the last one measured
  std::optional<double> shown_;  // when something was last shown
  bool on_screen_ = false;       // whether a bar is
};

}  // namespace wsel
