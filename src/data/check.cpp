#include "wsel/data/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <mutex>

#include "files.h"
#include "wsel/core/error.h"
#include "wsel/core/parallel.h"

namespace wsel::data {
namespace {

// Files can say more than whether they are readable.
image::Decoded Decode(const Dataset& set, int64_t i) {
  const auto* files = set.picture.target<FilePicture>();
  if (files != nullptr) return files->Decode(i);
  image::Decoded decoded;
  decoded.image = set.picture(i);
  return decoded;
}

std::string RemarkOn(const image::Decoded& decoded) {
  if (decoded.damaged) return "is damaged; pixels may be wrong";
  if (decoded.no_end) return "has no end marker";
  if (decoded.trailing_bytes) return "has bytes after its end";
  return "";
}

// The report, filled by several threads.
class Checker {
 public:
  Checker(const Dataset& set, const std::function<void(int64_t)>& progress)
      : set_(set), progress_(progress) {
    report_.per_class.resize(set.classes.size());
    for (const int32_t label : set.labels) {
      ++report_.per_class.at(static_cast<size_t>(label));
    }
    report_.min_width = std::numeric_limits<int>::max();
    report_.min_height = std::numeric_limits<int>::max();
  }

  void CheckOne(int64_t i) {
    try {
      const image::Decoded decoded = Decode(set_, i);
      const std::lock_guard lock(mutex_);
      AddSize(decoded.image);
      const std::string remark = RemarkOn(decoded);
      if (!remark.empty()) {
        report_.damaged.push_back(
            {i, fmt::format("{}: {}", set_.origin(i), remark)});
      }
      Done();
    } catch (const Error& e) {
      const std::lock_guard lock(mutex_);
      report_.broken.push_back({i, e.what()});
      Done();
    }
  }

  CheckReport Finish() {
    const auto by_index = [](const Remark& a, const Remark& b) {
      return a.index < b.index;
    };
    std::sort(report_.broken.begin(), report_.broken.end(), by_index);
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

  const Dataset& set_;
  const std::function<void(int64_t)>& progress_;
  std::mutex mutex_;
  CheckReport report_;
  int64_t done_ = 0;
};

}  // namespace

CheckReport Check(const Dataset& set, size_t threads,
                  const std::function<void(int64_t)>& progress) {
  Checker checker(set, progress);
  ParallelFor(
      set.labels.size(),
      [&](size_t i) { checker.CheckOne(static_cast<int64_t>(i)); }, threads);
  return checker.Finish();
}

std::vector<std::string> Unusual(const DatasetFacts& facts, Split split,
                                 const Dataset& set) {
  std::vector<std::string> unusual;
  const auto compare = [&](std::string_view what, int64_t usual, int64_t here) {
    if (usual == 0 || usual == here) return;
    unusual.push_back(
        fmt::format("{} {} are here; the whole set has {}", here, what, usual));
  };
  compare("classes", facts.classes, static_cast<int64_t>(set.classes.size()));
  compare("pictures", split == Split::kTrain ? facts.train : facts.test,
          set.size());
  return unusual;
}

}  // namespace wsel::data
