#include "wsel/data/check_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <mutex>

#include "image_files.h"
#include "wsel/core/error.h"
#include "wsel/core/parallel.h"

namespace wsel::data {
namespace {

// Image files are decoded here, to learn whether they are damaged.
image::Decoded Decode(const Dataset& dataset, int64_t i) {
  const auto* files = dataset.image.target<ImageFiles>();
  if (files != nullptr) return files->Decode(i);
  image::Decoded decoded;
  decoded.image = dataset.image(i);
  return decoded;
}

std::string DamageOf(const image::Decoded& decoded) {
  if (decoded.damaged) return "is damaged; pixels may be wrong";
  if (decoded.no_end) return "has no end marker";
  if (decoded.trailing_bytes) return "has bytes after its end";
  return "";
}

// Builds the report; several threads call CheckOne.
class Checker {
 public:
  Checker(const Dataset& dataset, const std::function<void(int64_t)>& progress)
      : dataset_(dataset), progress_(progress) {
    report_.per_class.resize(dataset.classes.size());
    for (const int32_t label : dataset.labels) {
      ++report_.per_class.at(static_cast<size_t>(label));
    }
    report_.min_width = std::numeric_limits<int>::max();
    report_.min_height = std::numeric_limits<int>::max();
  }

  void CheckOne(int64_t i) {
    try {
      const image::Decoded decoded = Decode(dataset_, i);
      const std::lock_guard lock(mutex_);
      AddSize(decoded.image);
      const std::string damage = DamageOf(decoded);
      if (!damage.empty()) {
        report_.damaged.push_back(
            {i, fmt::format("{}: {}", dataset_.filename(i), damage)});
      }
      Done();
    } catch (const Error& e) {
      const std::lock_guard lock(mutex_);
      report_.corrupt.push_back({i, e.what()});
      Done();
    }
  }

  CheckReport Finish() {
    const auto by_index = [](const ImageIssue& a, const ImageIssue& b) {
      return a.index < b.index;
    };
    std::sort(report_.corrupt.begin(), report_.corrupt.end(), by_index);
    std::sort(report_.damaged.begin(), report_.damaged.end(), by_index);
    report_.min_width = std::min(report_.min_width, report_.max_width);
    report_.min_height = std::min(report_.min_height, report_.max_height);
    return std::move(report_);
  }

 private:
  void AddSize(const image::Image& image) {
    report_.min_width = std::min(report_.min_width, image.width());
    report_.max_width = std::max(report_.max_width, image.width());
    report_.min_height = std::min(report_.min_height, image.height());
    report_.max_height = std::max(report_.max_height, image.height());
  }
  void Done() {
    ++done_;
    if (progress_) progress_(done_);
  }

  const Dataset& dataset_;
  const std::function<void(int64_t)>& progress_;
  std::mutex mutex_;
  CheckReport report_;
  int64_t done_ = 0;
};

}  // namespace

CheckReport Check(const Dataset& dataset, size_t threads,
                  const std::function<void(int64_t)>& progress) {
  Checker checker(dataset, progress);
  ParallelFor(
      dataset.labels.size(),
      [&](size_t i) { checker.CheckOne(static_cast<int64_t>(i)); }, threads);
  return checker.Finish();
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
