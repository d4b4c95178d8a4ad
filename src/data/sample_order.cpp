#include "sample_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

#include "image_files.h"
#include "wsel/core/philox.h"

namespace wsel::data {
namespace {

// What a multi-label sample counts as: its rarest class, so that this one keeps
// its proportion; without labels as one more class.
size_t StratumOf(const std::vector<int32_t>& labels,
                 const std::vector<int64_t>& counts) {
  const auto rarest = std::ranges::min_element(labels, {}, [&](int32_t label) {
    return counts[static_cast<size_t>(label)];
  });
  return rarest == labels.end() ? counts.size() : static_cast<size_t>(*rarest);
}

// The samples of each class, in random order; of a multi-label data set by
// stratum.
std::vector<std::vector<int64_t>> ShuffledByClass(const Dataset& dataset,
                                                  const RandomStream& random) {
  const auto counts =
      dataset.multi_label() ? CountsByClass(dataset) : std::vector<int64_t>{};
  std::vector<std::vector<std::pair<double, int64_t>>> drawn(
      dataset.classes.size() + (dataset.multi_label() ? 1 : 0));
  for (int64_t i = 0; i < dataset.size(); ++i) {
    const auto sample = static_cast<size_t>(i);
    const size_t stratum = dataset.multi_label()
                               ? StratumOf(dataset.label_sets[sample], counts)
                               : static_cast<size_t>(dataset.labels[sample]);
    drawn[stratum].emplace_back(random.Uniform(static_cast<uint64_t>(i)), i);
  }
  std::vector<std::vector<int64_t>> by_class(drawn.size());
  for (size_t c = 0; c < drawn.size(); ++c) {
    std::sort(drawn[c].begin(), drawn[c].end());
    for (const auto& [draw, sample] : drawn[c]) by_class[c].push_back(sample);
  }
  return by_class;
}

// When a class of `size` samples contributes the one of this round.
double PlaceOf(size_t round, size_t size, ClassShare share) {
  const auto place = static_cast<double>(round);
  if (share == ClassShare::kEqual) return place;
  return (place + 0.5) / static_cast<double>(size);
}

}  // namespace

std::vector<int64_t> OrderByClass(const Dataset& dataset, ClassShare share,
                                  uint64_t seed, std::string_view stream) {
  const auto by_class = ShuffledByClass(
      dataset, RandomStream(seed, fmt::format("{}.samples", stream)));
  const RandomStream turns(seed, fmt::format("{}.turns", stream));
  std::vector<std::tuple<double, double, int64_t>>
      order;  // place, turn, sample
  for (size_t c = 0; c < by_class.size(); ++c) {
    const size_t size = by_class[c].size();
    for (size_t round = 0; round < size; ++round) {
      order.emplace_back(PlaceOf(round, size, share),
                         turns.Uniform(round * by_class.size() + c),
                         by_class[c][round]);
    }
  }
  std::sort(order.begin(), order.end());
  std::vector<int64_t> indices;
  for (const auto& entry : order) indices.push_back(std::get<2>(entry));
  return indices;
}

std::vector<int64_t> CountsByClass(const Dataset& dataset) {
  std::vector<int64_t> counts(dataset.classes.size());
  if (dataset.multi_label()) {
    for (const auto& set : dataset.label_sets) {
      for (const int32_t label : set) ++counts[static_cast<size_t>(label)];
    }
    return counts;
  }
  for (const int32_t label : dataset.labels) {
    ++counts[static_cast<size_t>(label)];
  }
  return counts;
}

Dataset SelectSamples(const Dataset& dataset, std::vector<int64_t> chosen) {
  Dataset part;
  part.name = dataset.name;
  part.classes = dataset.classes;
  part.folder = dataset.folder;
  part.unlabelled = dataset.unlabelled;
  for (const int64_t i : chosen) {
    part.labels.push_back(dataset.labels[static_cast<size_t>(i)]);
    if (dataset.multi_label()) {
      part.label_sets.push_back(dataset.label_sets[static_cast<size_t>(i)]);
    }
  }
  const auto shared =
      std::make_shared<const std::vector<int64_t>>(std::move(chosen));
  const auto at = [shared](int64_t i) {
    return shared->at(static_cast<size_t>(i));
  };
  part.image =
      ImagesWithWindow{[at, image = dataset.image](
                           int64_t i, const image::NeededWindow& needed) {
        return ImageWithWindow(image, at(i), needed);
      }};
  part.filename = [at, filename = dataset.filename](int64_t i) {
    return filename(at(i));
  };
  return part;
}

}  // namespace wsel::data
