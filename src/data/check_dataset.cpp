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

// How many pixels have each value in a channel.
using ValueCounts = std::array<int64_t, 256>;

ValueCounts CountChannel(const image::Image& image, size_t channel) {
  ValueCounts counts{};
  const auto step = static_cast<size_t>(image.channels());
  for (size_t i = channel; i < image.bytes().size(); i += step) {
    ++counts[image.bytes()[i]];
  }
  return counts;
}

// Of RGB images as grey ones, which have one channel.
std::vector<ValueCounts> CountValues(const image::Image& image) {
  if (image.channels() == 3) return {CountChannel(image::Grey(image), 0)};
  std::vector<ValueCounts> counts;
  for (size_t c = 0; c < static_cast<size_t>(image.channels()); ++c) {
    counts.push_back(CountChannel(image, c));
  }
  return counts;
}

void AddValues(const std::vector<ValueCounts>& counts,
               std::vector<ValueCounts>& all) {
  all.resize(std::max(all.size(), counts.size()));
  for (size_t c = 0; c < counts.size(); ++c) {
    for (size_t v = 0; v < counts[c].size(); ++v) all[c][v] += counts[c][v];
  }
}

struct MeanAndStd {
  double mean = 0;
  double std = 0;
};

MeanAndStd StatisticsOf(const ValueCounts& counts) {
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
  if (pixels == 0) return {};
  const double mean = sum / pixels;
  return {mean, std::sqrt(std::max(0., squares / pixels - mean * mean))};
}

void SetStatistics(const std::vector<ValueCounts>& all, CheckReport& report) {
  if (all.empty()) return;
  report.mean.clear();
  report.std.clear();
  for (const ValueCounts& counts : all) {
    const MeanAndStd of_channel = StatisticsOf(counts);
    report.mean.push_back(of_channel.mean);
    report.std.push_back(of_channel.std);
  }
}

}  // namespace

CheckReport Check(const Dataset& dataset, size_t threads,
                  const std::function<void(int64_t)>& progress) {
  CheckReport report;
  report.per_class = CountsByClass(dataset);
  report.min_width = report.min_height = std::numeric_limits<int>::max();
  std::mutex mutex;  // of the report, `done` and `all_values`
  int64_t done = 0;
  std::vector<ValueCounts> all_values;
  const auto check_one = [&](size_t sample) {
    const auto i = static_cast<int64_t>(sample);
    image::Decoded decoded;
    std::string error;
    std::vector<ValueCounts> values;
    try {
      decoded = Decode(dataset, i);
      values = CountValues(decoded.image);
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
      AddValues(values, all_values);
    }
    if (!damage.empty()) {
      report.damaged.push_back(
          {i, fmt::format("{}: {}", dataset.filename(i), damage)});
    }
    ++done;
    if (progress) progress(done);
  };
  ParallelFor(dataset.labels.size(), check_one, threads);
  SetStatistics(all_values, report);
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
