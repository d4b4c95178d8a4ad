#include "wsel/data/subset.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

#include "sample_order.h"
#include "wsel/core/escape_text.h"
#include "wsel/core/suggest.h"

namespace wsel::data {
namespace {

[[noreturn]] void Fail(const Dataset& dataset, const std::string& message) {
  throw Error(ErrorKind::kConfig, dataset.name, message);
}

// Classes with fewer samples than an even share of `count`.
int64_t CountShortClasses(const Dataset& dataset, int64_t count) {
  const auto per_class = CountsByClass(dataset);
  const int64_t share = count / static_cast<int64_t>(per_class.size());
  return std::count_if(per_class.begin(), per_class.end(),
                       [&](int64_t n) { return n < share; });
}

// Of the random stream of all subsets.
constexpr std::string_view kSubsetStream = "data.subset";

// The first `size` samples of the order, and how many of how many in its name.
Dataset Draw(const Dataset& dataset, const SubsetSize& size, ClassShare share,
             uint64_t seed) {
  const int64_t count = size.Of(dataset.size());
  if (count < 1 || count > dataset.size()) {
    Fail(dataset, fmt::format("has {} images, too few for a subset of {}",
                              dataset.size(), count));
  }
  auto indices = OrderByClass(dataset, share, seed, kSubsetStream);
  indices.resize(static_cast<size_t>(count));
  std::sort(indices.begin(), indices.end());
  Dataset part = SelectSamples(dataset, std::move(indices));
  part.name = fmt::format("{}, {} of {}", dataset.name, count, dataset.size());
  return part;
}

// The multi-label samples with the classes `classes`: `new_label` of the
// present ones, -1 for those that are dropped.
Dataset Relabelled(const Dataset& dataset, std::vector<std::string> classes,
                   const std::vector<int32_t>& new_label) {
  Dataset relabelled = dataset;
  relabelled.classes = std::move(classes);
  for (std::vector<int32_t>& set : relabelled.label_sets) {
    for (int32_t& label : set) label = new_label[static_cast<size_t>(label)];
    std::erase(set, -1);
    std::ranges::sort(set);
  }
  return relabelled;
}

}  // namespace

int64_t SubsetSize::Of(int64_t size) const {
  if (count) return *count;
  return std::max<int64_t>(1,
                           std::llround(fraction * static_cast<double>(size)));
}

SubsetSize ParseSubset(std::string_view text, std::string_view where,
                       ErrorKind error) {
  const bool percent = text.ends_with('%');
  const std::string_view number =
      text.substr(0, text.size() - (percent ? 1 : 0));
  const char* end = number.data() + number.size();
  const auto parsed = [&](auto& value) {
    const auto [stop, code] = std::from_chars(number.data(), end, value);
    return code == std::errc() && stop == end;
  };
  SubsetSize size;
  int64_t count = 0;
  if (!percent && parsed(count) && count > 0) {
    size.count = count;
    return size;
  }
  // "1" is one image, "1.0" is all of them.
  const bool can_be_fraction = percent || number.find('.') != number.npos;
  if (can_be_fraction && parsed(size.fraction)) {
    if (percent) size.fraction /= 100;
    if (size.fraction > 0 && size.fraction <= 1) return size;
  }
  throw Error(error, where,
              "'{}' is not a subset size; expected a number of images (500), a "
              "fraction (0.1) or a percentage (10%)",
              text);
}

Dataset Subset(const Dataset& dataset, const SubsetSize& size, uint64_t seed) {
  Dataset part = Draw(dataset, size, ClassShare::kEqual, seed);
  const int64_t num_short = part.size() < dataset.size()
                                ? CountShortClasses(dataset, part.size())
                                : 0;
  if (num_short > 0) {
    part.name += fmt::format(" ({} of {} classes have less than their share)",
                             num_short, dataset.classes.size());
  }
  return part;
}

Dataset SubsetAfter(const Dataset& dataset, int64_t skip, int64_t count,
                    uint64_t seed) {
  if (skip < 0 || count < 1 || skip > dataset.size() ||
      count > dataset.size() - skip) {
    Fail(dataset, fmt::format("has {} images, too few for {} after {}",
                              dataset.size(), count, skip));
  }
  const auto order =
      OrderByClass(dataset, ClassShare::kEqual, seed, kSubsetStream);
  std::vector<int64_t> indices(order.begin() + skip,
                               order.begin() + skip + count);
  std::sort(indices.begin(), indices.end());
  Dataset part = SelectSamples(dataset, std::move(indices));
  part.name = fmt::format("{}, {} of {}", dataset.name, count, dataset.size());
  return part;
}

Dataset ProportionalSubset(const Dataset& dataset, const SubsetSize& size,
                           uint64_t seed) {
  Dataset part = Draw(dataset, size, ClassShare::kProportional, seed);
  const auto before = std::ranges::count(CountsByClass(dataset), 0);
  const auto lacking = std::ranges::count(CountsByClass(part), 0) - before;
  if (lacking > 0) {
    part.name += fmt::format(" ({} of {} classes have none)", lacking,
                             dataset.classes.size());
  }
  return part;
}

Dataset OnlyClasses(const Dataset& dataset,
                    const std::vector<std::string>& names) {
  if (names.empty()) Fail(dataset, "no classes are given");
  std::vector<int32_t> new_label(dataset.classes.size(), -1);
  std::vector<std::string> chosen_names;
  for (size_t i = 0; i < names.size(); ++i) {
    const auto at =
        std::ranges::find(dataset.classes, EscapeInvalidUtf8(names[i]));
    if (at == dataset.classes.end()) {
      const bool comma = std::ranges::any_of(
          dataset.classes,
          [](const std::string& name) { return name.find(',') != name.npos; });
      Fail(dataset,
           Unknown("class", names[i], dataset.classes) +
               (comma ? "; quote names with commas: `classes` '\"a, b\",c'"
                      : ""));
    }
    chosen_names.push_back(*at);
    int32_t& label =
        new_label[static_cast<size_t>(at - dataset.classes.begin())];
    if (label >= 0) Fail(dataset, fmt::format("class '{}' is repeated", *at));
    label = static_cast<int32_t>(i);
  }
  if (dataset.multi_label()) {
    return Relabelled(dataset, std::move(chosen_names), new_label);
  }
  std::vector<int64_t> chosen;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    const auto label =
        static_cast<size_t>(dataset.labels[static_cast<size_t>(i)]);
    if (new_label[label] >= 0) chosen.push_back(i);
  }
  if (chosen.empty()) Fail(dataset, "has no images of these classes");
  Dataset part = SelectSamples(dataset, std::move(chosen));
  part.classes = std::move(chosen_names);
  for (int32_t& label : part.labels) {
    label = new_label[static_cast<size_t>(label)];
  }
  return part;
}

Dataset WithMoreClasses(const Dataset& dataset,
                        const std::vector<std::string>& classes) {
  std::vector<int64_t> positions;
  for (const std::string& name : dataset.classes) {
    const auto at = std::ranges::find(classes, name);
    if (at == classes.end()) Fail(dataset, Unknown("class", name, classes));
    positions.push_back(at - classes.begin());
  }
  return WithMoreClasses(dataset, classes, positions);
}

Dataset WithMoreClasses(const Dataset& dataset,
                        const std::vector<std::string>& classes,
                        const std::vector<int64_t>& positions) {
  std::vector<int32_t> new_label;
  for (const int64_t at : positions) {
    new_label.push_back(static_cast<int32_t>(at));
  }
  Dataset more = dataset;
  more.classes = classes;
  if (dataset.multi_label()) return Relabelled(dataset, classes, new_label);
  for (int32_t& label : more.labels) {
    label = new_label[static_cast<size_t>(label)];
  }
  return more;
}

Dataset Range(const Dataset& dataset, int64_t first, int64_t end) {
  if (first < 0 || first >= end || end > dataset.size()) {
    Fail(dataset, fmt::format("has {} images; [{}, {}) is not a valid range",
                              dataset.size(), first, end));
  }
  std::vector<int64_t> chosen(static_cast<size_t>(end - first));
  std::iota(chosen.begin(), chosen.end(), first);
  return SelectSamples(dataset, std::move(chosen));
}

Dataset EvenlySpaced(const Dataset& dataset, int64_t count) {
  std::vector<int64_t> chosen;
  for (int64_t i = 0; i < count; ++i) {
    chosen.push_back(i * dataset.size() / count);
  }
  return SelectSamples(dataset, std::move(chosen));
}

}  // namespace wsel::data
