#include <algorithm>
#include <array>
#include <numeric>

#include "wsel/image/color.h"

namespace wsel::image {
namespace {

using Table = std::array<uint8_t, 256>;
using Histogram = std::array<int64_t, 256>;

template <typename Value>
Table MakeTable(const Value& value) {
  Table table;
  for (int i = 0; i < 256; ++i) {
    table[i] = static_cast<uint8_t>(std::clamp<int64_t>(value(i), 0, 255));
  }
  return table;
}

Table Identity() {
  return MakeTable([](int i) { return i; });
}

Image Apply(const Image& image, const std::array<Table, 3>& tables) {
  Image out(image.width(), image.height());
  const auto from = image.bytes();
  const auto to = out.bytes();
  for (size_t i = 0; i + 2 < from.size(); i += 3) {
    for (size_t c = 0; c < 3; ++c) to[i + c] = tables[c][from[i + c]];
  }
  return out;
}

Image Apply(const Image& image, const Table& table) {
  return Apply(image, {table, table, table});
}

std::array<Histogram, 3> Histograms(const Image& image) {
  std::array<Histogram, 3> counts{};
  const auto bytes = image.bytes();
  for (size_t i = 0; i + 2 < bytes.size(); i += 3) {
    for (size_t c = 0; c < 3; ++c) ++counts[c][bytes[i + c]];
  }
  return counts;
}

Image ApplyByHistogram(const Image& image, Table (*make)(const Histogram&)) {
  const auto counts = Histograms(image);
  return Apply(image, {make(counts[0]), make(counts[1]), make(counts[2])});
}

Table Stretch(const Histogram& counts) {
  int low = 0;
  while (low < 255 && counts[low] == 0) ++low;
  int high = 255;
  while (high > 0 && counts[high] == 0) --high;
  if (high <= low) return Identity();
  const double scale = 255.0 / (high - low);
  const double offset = -low * scale;
  return MakeTable(
      [&](int i) { return static_cast<int64_t>(i * scale + offset); });
}

Table Equalising(const Histogram& counts) {
  int highest = 255;
  while (highest > 0 && counts[highest] == 0) --highest;
  const int64_t below =
      std::accumulate(counts.begin(), counts.begin() + highest, int64_t{0});
  // A single value also gives a step of 0.
  const int64_t step = below / 255;
  if (step == 0) return Identity();
  int64_t sum = step / 2;
  return MakeTable([&](int i) {
    const int64_t value = sum / step;
    sum += counts[i];
    return value;
  });
}

}  // namespace

Image AutoContrast(const Image& image) {
  return ApplyByHistogram(image, Stretch);
}

Image Equalize(const Image& image) {
  return ApplyByHistogram(image, Equalising);
}

Image Invert(const Image& image) {
  return Apply(image, MakeTable([](int i) { return 255 - i; }));
}

Image Posterize(const Image& image, int bits) {
  const int mask = ~((1 << (8 - std::clamp(bits, 0, 8))) - 1);
  return Apply(image, MakeTable([&](int i) { return i & mask; }));
}

Image Solarize(const Image& image, double threshold) {
  return Apply(image,
               MakeTable([&](int i) { return i < threshold ? i : 255 - i; }));
}

Image SolarizeAdd(const Image& image, int add) {
  return Apply(image, MakeTable([&](int i) {
                 return i < 128 ? int64_t{i} + add : int64_t{i};
               }));
}

}  // namespace wsel::image
