#include "wsel/data/check_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <mutex>

#include "image_files.h"
#include "sample_order.h"
#include "wsel/core/error.h"
#include "wsel/core/parallel.h"
#include "wsel/image/color.h"
#include "wsel/image/resample.h"

namespace wsel::data {
namespace {

// Image files are decoded here, to learn whether they are damaged.
image::Decoded Decode(const Dataset& dataset, int64_t i) {
  const auto* files = dataset.image.target<ImageFiles>();
  if (files != nullptr) return files->Decode(i);
  return {.image = dataset.image(i)};
}

// What keeps an image from being evaluated by a model of 224 px, or "".
std::string ElongationOf(const Dataset& dataset, int64_t i,
                         const image::Image& image) try {
  constexpr int kShortSide = 256;  // 224 / 0.875
  image::WithShortSide(image.size(), kShortSide);
  return "";
} catch (const Error& e) {
  return fmt::format("{}: {}", dataset.filename(i), e.what());
}

std::string DamageOf(const image::Decoded& decoded) {
  if (decoded.damaged) return "is damaged; pixels may be wrong";
  if (decoded.no_end) return "has no end marker";
  if (decoded.trailing_bytes) return "has bytes after its end";
  return "";
}

void AddSize(const image::Image& image, CheckReport& report) {
  report.min_width = std::min(report.min_width, image.width());
  report.max_width = std::max(report.max_width, image.width());
  report.min_height = std::min(report.min_height, image.height());
  report.max_height = std::max(report.max_height, image.height());
}

// How many pixels have each grey value.
using GreyCounts = std::array<int64_t, 256>;

GreyCounts CountGrey(const image::Image& image) {
  GreyCounts counts{};
  const image::Image grey = image::Grey(image);
  for (size_t i = 0; i < grey.bytes().size(); i += 3) ++counts[grey.bytes()[i]];
  return counts;
}

void SetGrey(const GreyCounts& counts, CheckReport& report) {
  double pixels = 0;
  double sum = 0;
  double squares = 0;
  for (size_t value = 0; value < counts.size(); ++value) {
    const auto count = static_cast<double>(counts[value]);
    const double share = static_cast<double>(value) / 255;
    pixels += count;
    sum += count * share;
    squares += count * share * share;
  }
  if (pixels == 0) return;
  report.grey_mean = sum / pixels;
  report.grey_std = std::sqrt(
      std::max(0., squares / pixels - report.grey_mean * report.grey_mean));
}

}  // namespace

CheckReport Check(const Dataset& dataset, size_t threads,
                  const std::function<void(int64_t)>& progress) {
  CheckReport report;
  report.per_class = CountsByClass(dataset);
  report.min_width = report.min_height = std::numeric_limits<int>::max();
  std::mutex mutex;  // of the report, `done` and `all_grey`
  int64_t done = 0;
  GreyCounts all_grey{};
  const auto check_one = [&](size_t sample) {
    const auto i = static_cast<int64_t>(sample);
    image::Decoded decoded;
    std::string error;
    GreyCounts grey{};
    try {
      decoded = Decode(dataset, i);
      grey = CountGrey(decoded.image);
      error = ElongationOf(dataset, i, decoded.image);
    } catch (const Error& e) {
      error = e.what();
    }
    const std::lock_guard lock(mutex);
    const std::string damage = DamageOf(decoded);
    if (!error.empty()) {
      report.corrupt.push_back({i, error});
    } else {
      AddSize(decoded.image, report);
      for (size_t v = 0; v < grey.size(); ++v) all_grey[v] += grey[v];
    }
    if (!damage.empty()) {
      report.damaged.push_back(
          {i, fmt::format("{}: {}", dataset.filename(i), damage)});
    }
    ++done;
    if (progress) progress(done);
  };
  ParallelFor(dataset.labels.size(), check_one, threads);
  SetGrey(all_grey, report);
  std::ranges::sort(report.corrupt, {}, &ImageIssue::index);
  std::ranges::sort(report.damaged, {}, &ImageIssue::index);
  report.min_width = std::min(report.min_width, report.max_width);
  report.min_height = std::min(report.min_height, report.max_height);
  return report;
}

std::vector<std::string> CountMismatches(const DatasetInfo& info, Split split,
                                         const Dataset& dataset) {
  std::vector<std::string> mismatches;
  const auto compare = [&](std::string_view what, int64_t expected,
                           int64_t found) {
    if (expected == 0 || expected == found) return;
    mismatches.push_back(
        fmt::format("found {} {}, expected {}", found, what, expected));
  };
  compare("classes", info.num_classes,
          static_cast<int64_t>(dataset.classes.size()));
  compare("images", split == Split::kTrain ? info.num_train : info.num_test,
          dataset.size());
  return mismatches;
}

}  // namespace wsel::data
