#include "wsel/image/normalisation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "wsel/image/channels.h"

namespace wsel::image {

double GreyValue(const ChannelValues& rgb) {
  const double sum = std::accumulate(rgb.begin(), rgb.end(), 0.0);
  return std::round(sum / static_cast<double>(rgb.size()) * 1e4) / 1e4;
}

bool IsUniform(const ChannelValues& values) {
  return !values.empty() && std::ranges::all_of(values, [&](double value) {
    return value == values.front();
  });
}

bool IsStd(const ChannelValues& values) {
  return !values.empty() && std::ranges::all_of(values, [](double value) {
    return value > 0 && std::isfinite(value);
  });
}

ChannelValues ForChannels(const ChannelValues& values, int64_t in_chans,
                          std::string_view where, ErrorKind kind) {
  const auto count =
      static_cast<size_t>(ChannelsInMemory(static_cast<int>(in_chans)));
  if (values.size() == 1) return ChannelValues(count, values.front());
  const bool fits = in_chans != 1 || IsUniform(values);
  if (values.size() == count && fits) return values;
  if (in_chans == 1) {
    throw Error(kind, where,
                "has {} values, and the model takes grey images of 1 channel: "
                "give one value",
                values.size());
  }
  throw Error(kind, where,
              "has {} values, and the model takes images of {} channels: give "
              "one value per channel, or one for all",
              values.size(), in_chans);
}

}  // namespace wsel::image
