#include "wsel/data/subset.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <numeric>
#include <tuple>
#include <utility>

#include "wsel/core/philox.h"
#include "wsel/core/suggest.h"

namespace wsel::data {
namespace {

[[noreturn]] void Refuse(const Dataset& set, const std::string& message) {
  throw Error(ErrorKind::kConfig, set.name, message);
}

// The samples `chosen` of a set, in that order. Labels and classes stay.
Dataset Chosen(const Dataset& set, std::vector<int64_t> chosen) {
  Dataset part;
  part.name = set.name;
  part.classes = set.classes;
  for (const int64_t i : chosen) {
    part.labels.push_back(set.labels[static_cast<size_t>(i)]);
  }
  const auto shared =
      std::make_shared<const std::vector<int64_t>>(std::move(chosen));
  const auto at = [shared](int64_t i) {
    return shared->at(static_cast<size_t>(i));
  };
  part.picture = [at, picture = set.picture](int64_t i) {
    return picture(at(i));
  };
  part.origin = [at, origin = set.origin](int64_t i) { return origin(at(i)); };
  return part;
}

// All samples, in an order of which every start is balanced: in each round
// each class that has any left gives one, in an order of the round's own.
std::vector<int64_t> BalancedOrder(const Dataset& set, uint64_t seed) {
  const RandomStream samples(seed, "data.subset.samples");
  const RandomStream turns(seed, "data.subset.turns");
  std::vector<std::vector<std::pair<double, int64_t>>> of_class(
      set.classes.size());
  for (int64_t i = 0; i < set.size(); ++i) {
    of_class[static_cast<size_t>(set.labels[static_cast<size_t>(i)])]
        .emplace_back(samples.Uniform(static_cast<uint64_t>(i)), i);
  }
  std::vector<std::tuple<size_t, double, int64_t>>
      order;  // round, turn, sample
  for (size_t c = 0; c < of_class.size(); ++c) {
    std::sort(of_class[c].begin(), of_class[c].end());
    for (size_t round = 0; round < of_class[c].size(); ++round) {
      order.emplace_back(round, turns.Uniform(round * of_class.size() + c),
                         of_class[c][round].second);
    }
  }
  std::sort(order.begin(), order.end());
  std::vector<int64_t> indices;
  for (const auto& entry : order) indices.push_back(std::get<2>(entry));
  return indices;
}

// Classes with fewer samples than an even share of `count`.
int64_t ShortClasses(const Dataset& set, int64_t count) {
  std::vector<int64_t> per_class(set.classes.size());
  for (const int32_t label : set.labels)
    ++per_class[static_cast<size_t>(label)];
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
  // "1" is one picture and "1.0" all of them.
  const bool can_be_fraction = percent || number.find('.') != number.npos;
  if (can_be_fraction && parsed(size.fraction)) {
    if (percent) size.fraction /= 100;
    if (size.fraction > 0 && size.fraction <= 1) return size;
  }
  throw Error(error, where,
              fmt::format("'{}' is no subset: give a number of pictures (500), "
                          "a fraction (0.1) or a percentage (10%)",
                          text));
}

Dataset Subset(const Dataset& set, const SubsetSize& size, uint64_t seed) {
  const int64_t count = size.Of(set.size());
  if (count < 1 || count > set.size()) {
    Refuse(set, fmt::format("has {} pictures; a subset of {} cannot be taken",
                            set.size(), count));
  }
  auto indices = BalancedOrder(set, seed);
  indices.resize(static_cast<size_t>(count));
  std::sort(indices.begin(), indices.end());
  Dataset part = Chosen(set, std::move(indices));
  part.name = fmt::format("{}, {} of {}", set.name, count, set.size());
  const int64_t lacking = count < set.size() ? ShortClasses(set, count) : 0;
  if (lacking > 0) {
    part.name += fmt::format(" ({} of {} classes have less than their share)",
                             lacking, set.classes.size());
  }
  return part;
}

Dataset OnlyClasses(const Dataset& set, const std::vector<std::string>& names) {
  if (names.empty()) Refuse(set, "no classes are named");
  std::vector<int32_t> new_label(set.classes.size(), -1);
  for (size_t i = 0; i < names.size(); ++i) {
    const auto at = std::find(set.classes.begin(), set.classes.end(), names[i]);
    if (at == set.classes.end()) {
      Refuse(set, Unknown("class", names[i], set.classes));
    }
    int32_t& label = new_label[static_cast<size_t>(at - set.classes.begin())];
    if (label >= 0) Refuse(set, fmt::format("class '{}' is named twice", *at));
    label = static_cast<int32_t>(i);
  }
  std::vector<int64_t> chosen;
  for (int64_t i = 0; i < set.size(); ++i) {
    const auto label = static_cast<size_t>(set.labels[static_cast<size_t>(i)]);
    if (new_label[label] >= 0) chosen.push_back(i);
  }
  if (chosen.empty()) Refuse(set, "has no pictures of these classes");
  Dataset part = Chosen(set, std::move(chosen));
  part.classes = names;
  for (int32_t& label : part.labels) {
    label = new_label[static_cast<size_t>(label)];
  }
  return part;
}

Dataset Range(const Dataset& set, int64_t first, int64_t end) {
  if (first < 0 || first >= end || end > set.size()) {
    Refuse(set, fmt::format("has {} pictures; there is no range from {} to {} "
                            "(the end is not in it)",
                            set.size(), first, end));
  }
  std::vector<int64_t> chosen(static_cast<size_t>(end - first));
  std::iota(chosen.begin(), chosen.end(), first);
  return Chosen(set, std::move(chosen));
}

}  // namespace wsel::data
