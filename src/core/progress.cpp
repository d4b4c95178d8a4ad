#include "wsel/core/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "wsel/core/duration.h"

namespace wsel {
namespace {

constexpr int kNarrowestBar = 5;
constexpr int kWidestBar = 40;

// "1.2e-3": two significant digits, and an exponent without padding.
std::string Short(double value) {
  if (value == 0 || !std::isfinite(value)) return fmt::format("{}", value);
  const std::string text = fmt::format("{:.1e}", value);
  const size_t e = text.find('e');
  return fmt::format("{}e{}", text.substr(0, e), std::stoi(text.substr(e + 1)));
}

// The text after the bar.
std::string Stats(const ProgressPoint& point, const ProgressRate& rate) {
  std::string text = fmt::format("{}/{}", point.step, point.steps);
  if (point.loss) text += fmt::format("  loss {:.3f}", *point.loss);
  if (point.lr) text += fmt::format("  lr {}", Short(*point.lr));
  if (rate.images_per_second > 0) {
    text += fmt::format("  {:.{}f} img/s", rate.images_per_second,
                        rate.images_per_second < 10 ? 1 : 0);
  }
  if (point.comm_wait) {
    text += fmt::format("  comm {:.0f} %", 100 * *point.comm_wait);
  }
  const auto steps_left = static_cast<double>(point.steps - point.step);
  const double left = point.seconds_left ? *point.seconds_left
                      : rate.steps_per_second > 0
                          ? steps_left / rate.steps_per_second
                          : 0;
  if (left > 0) text += fmt::format("  {} left", DurationText(left));
  return text;
}

std::string Bar(const ProgressPoint& point, int width) {
  const double fraction = point.steps > 0 ? static_cast<double>(point.step) /
                                                static_cast<double>(point.steps)
                                          : 0;
  const int filled = std::clamp(static_cast<int>(fraction * width), 0, width);
  std::string bar(static_cast<size_t>(filled), '=');
  if (filled > 0 && filled < width) bar.back() = '>';
  return bar + std::string(static_cast<size_t>(width - filled), ' ');
}

double Now() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

}  // namespace

void Advance(ProgressPoint& point, int64_t images,
             const OnProgress& on_progress) {
  ++point.step;
  point.images += images;
  if (on_progress) on_progress(point);
}

int StderrWidth() {
  winsize size = {};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return 80;
  }
  return size.ws_col;
}

bool StderrRedraws() {
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  return isatty(STDERR_FILENO) == 1 && !dumb;
}

std::string ProgressBar(const ProgressPoint& point, const ProgressRate& rate,
                        int width) {
  const std::string stats = Stats(point, rate);
  const auto text = static_cast<int>(point.title.size() + stats.size());
  const int room = width - text - 5;  // two spaces, two brackets, a space
  std::string line = point.title + "  ";
  if (room >= kNarrowestBar) {
    line += fmt::format("[{}] ", Bar(point, std::min(room, kWidestBar)));
  }
  line += stats;
  return line.substr(0, static_cast<size_t>(std::max(width, 0)));
}

std::string ProgressLine(const ProgressPoint& point, const ProgressRate& rate) {
  return point.title + "  " + Stats(point, rate);
}

ProgressOptions ProgressOnStderr(double line_seconds) {
  const bool bar = StderrRedraws();
  return {bar, bar ? 0.1 : line_seconds, StderrWidth, Now,
          [](std::string_view text) {
            std::fwrite(text.data(), 1, text.size(), stderr);
            std::fflush(stderr);
          }};
}

ProgressRate ProgressMeter::Measure(const ProgressPoint& point, double now) {
  const double seconds = now - first_time_;
  const int64_t steps = point.step - first_.step;
  if (seconds <= 0 || steps <= 0) return rate_;
  return {static_cast<double>(point.images - first_.images) / seconds,
          static_cast<double>(steps) / seconds};
}

void ProgressMeter::Update(const ProgressPoint& point) {
  const double now = options_.now();
  const bool begins = point.title != first_.title || point.step < last_step_;
  last_step_ = point.step;
  if (begins) {
    first_ = point;
    first_time_ = now;
    rate_ = {};  // that of an evaluation says nothing of an epoch
  }
  rate_ = Measure(point, now);
  // Only a bar shows the first and last point: as lines they would be two for
  // every phase, however short.
  const bool edge = options_.bar && (begins || point.step >= point.steps);
  if (!shown_) shown_ = now;
  if (!edge && now - *shown_ < options_.seconds) return;
  shown_ = now;
  if (!options_.bar) {
    options_.write(ProgressLine(point, rate_) + '\n');
    return;
  }
  // One column stays free: some terminals wrap after the last one. "\x1b[K"
  // erases what remains of a longer bar.
  options_.write('\r' + ProgressBar(point, rate_, options_.width() - 1) +
                 "\x1b[K");
  on_screen_ = true;
}

}  // namespace wsel
