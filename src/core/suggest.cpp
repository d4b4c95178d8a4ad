#include "wsel/core/suggest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

namespace wsel {
namespace {

// Optimal string alignment distance.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1,
                                     std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::optional<std::string> Nearest(std::string_view name,
                                   const std::vector<std::string>& known) {
  // A very long name is not a typo, and the distance takes quadratic time.
  if (name.empty() || name.size() > 100) return std::nullopt;
  std::optional<std::string> best;
  size_t best_distance = 0;
  for (const std::string& candidate : known) {
    const size_t distance =
        candidate.starts_with(name) ? 0 : EditDistance(name, candidate);
    if (distance > std::max(name.size(), candidate.size()) / 3) continue;
    if (!best || distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string Unknown(std::string_view kind, std::string_view name,
                    const std::vector<std::string>& known) {
  if (auto nearest = Nearest(name, known)) {
    return fmt::format("unknown {} '{}': did you mean '{}'?", kind, name,
                       *nearest);
  }
  // A few names show the pattern; the full list of models would fill a screen.
  constexpr size_t kMaxListed = 16;
  const auto head = std::span(known).first(std::min(kMaxListed, known.size()));
  return fmt::format(
      "unknown {} '{}'; known: {}{}", kind, name, fmt::join(head, ", "),
      known.size() > kMaxListed ? fmt::format(", ... ({} in all)", known.size())
                                : "");
}

}  // namespace wsel
