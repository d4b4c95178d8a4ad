#include "wsel/data/subset.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <numeric>
#include <tuple>
#include <utility>

#include "wsel/core/escape_text.h"
#include "wsel/core/philox.h"
#include "wsel/core/suggest.h"

namespace wsel::data {
namespace {

[[noreturn]] void Fail(const Dataset& dataset, const std::string& message) {
  throw Error(ErrorKind::kConfig, dataset.name, message);
}

// The samples `chosen`, in that order, with unchanged labels and classes.
Dataset Select(const Dataset& dataset, std::vector<int64_t> chosen) {
  Dataset part;
  part.name = dataset.name;
  part.classes = dataset.classes;
  part.folder = dataset.folder;
  for (const int64_t i : chosen) {
    part.labels.push_back(dataset.labels[static_cast<size_t>(i)]);
  }
  const auto shared =
      std::make_shared<const std::vector<int64_t>>(std::move(chosen));
  const auto at = [shared](int64_t i) {
    return shared->at(static_cast<size_t>(i));
  };
  part.image = [at, image = dataset.image](int64_t i) { return image(at(i)); };
  part.filename = [at, filename = dataset.filename](int64_t i) {
    return filename(at(i));
  };
  return part;
}

// All samples, ordered such that every prefix is balanced: in each round, each
// class with samples left contributes one, in random order.
std::vector<int64_t> BalancedOrder(const Dataset& dataset, uint64_t seed) {
  const RandomStream samples(seed, "data.subset.samples");
  const RandomStream turns(seed, "data.subset.turns");
  std::vector<std::vector<std::pair<double, int64_t>>> by_class(
      dataset.classes.size());
  for (int64_t i = 0; i < dataset.size(); ++i) {
    by_class[static_cast<size_t>(dataset.labels[static_cast<size_t>(i)])]
        .emplace_back(samples.Uniform(static_cast<uint64_t>(i)), i);
  }
  std::vector<std::tuple<size_t, double, int64_t>>
      order;  // round, turn, sample
  for (size_t c = 0; c < by_class.size(); ++c) {
    std::sort(by_class[c].begin(), by_class[c].end());
    for (size_t round = 0; round < by_class[c].size(); ++round) {
      order.emplace_back(round, turns.Uniform(round * by_class.size() + c),
                         by_class[c][round].second);
    }
  }
  std::sort(order.begin(), order.end());
  std::vector<int64_t> indices;
  for (const auto& entry : order) indices.push_back(std::get<2>(entry));
  return indices;
}

// Classes with fewer samples than an even share of `count`.
int64_t CountShortClasses(const Dataset& dataset, int64_t count) {
  std::vector<int64_t> per_class(dataset.classes.size());
  for (const int32_t label : dataset.labels) {
    ++per_class[static_cast<size_t>(label)];
  }
  const int64_t share = count / static_cast<int64_t>(per_class.size());
  return std::count_if(per_class.begin(), per_class.end(),
                       [&](int64_t n) { return n < share; });
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
  const int64_t count = size.Of(dataset.size());
  if (count < 1 || count > dataset.size()) {
    Fail(dataset, fmt::format("has {} images, too few for a subset of {}",
                              dataset.size(), count));
  }
  auto indices = BalancedOrder(dataset, seed);
  indices.resize(static_cast<size_t>(count));
  std::sort(indices.begin(), indices.end());
  Dataset part = Select(dataset, std::move(indices));
  part.name = fmt::format("{}, {} of {}", dataset.name, count, dataset.size());
  const int64_t num_short =
      count < dataset.size() ? CountShortClasses(dataset, count) : 0;
  if (num_short > 0) {
    part.name += fmt::format(" ({} of {} classes have less than their share)",
                             num_short, dataset.classes.size());
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
               (comma ? "; quote names with commas: --classes '\"a, b\",c'"
                      : ""));
    }
    chosen_names.push_back(*at);
    int32_t& label =
        new_label[static_cast<size_t>(at - dataset.classes.begin())];
    if (label >= 0) Fail(dataset, fmt::format("class '{}' is repeated", *at));
    label = static_cast<int32_t>(i);
  }
  std::vector<int64_t> chosen;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    const auto label =
        static_cast<size_t>(dataset.labels[static_cast<size_t>(i)]);
    if (new_label[label] >= 0) chosen.push_back(i);
  }
  if (chosen.empty()) Fail(dataset, "has no images of these classes");
  Dataset part = Select(dataset, std::move(chosen));
  part.classes = std::move(chosen_names);
  for (int32_t& label : part.labels) {
    label = new_label[static_cast<size_t>(label)];
  }
  return part;
}

Dataset Range(const Dataset& dataset, int64_t first, int64_t end) {
  if (first < 0 || first >= end || end > dataset.size()) {
    Fail(dataset, fmt::format("has {} images; [{}, {}) is not a valid range",
                              dataset.size(), first, end));
  }
  std::vector<int64_t> chosen(static_cast<size_t>(end - first));
  std::iota(chosen.begin(), chosen.end(), first);
  return Select(dataset, std::move(chosen));
}

}  // namespace wsel::data
