// Torch-free.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "wsel/core/error.h"

namespace wsel::image {

// One value for each channel of an image in memory (ChannelsInMemory): three
// for RGB, three equal ones for grey images.
using ChannelValues = std::vector<double>;

// What a model expects of its input, per channel: (value / 255 - mean) / std.
struct Normalisation {
  // ImageNet's, for every data set, as in the official code.
  ChannelValues mean = {0.485, 0.456, 0.406};
  ChannelValues std = {0.229, 0.224, 0.225};
  int in_chans = 3;  // of the model; 1: grey images
};

// What is assumed of grey images where only the values of RGB images are known:
// their mean, to four digits. `rgb`: not empty.
double GreyValue(const ChannelValues& rgb);

// Whether there are values, and all are equal.
bool IsUniform(const ChannelValues& values);

// Whether pixels can be divided by them: there are values, and all are finite
// and above 0.
bool IsStd(const ChannelValues& values);

// One value for each channel in memory of images of a model with `in_chans`,
// from one for each or one for all. Errors: `kind` at `where` for another
// number of values, and for unequal ones of grey images.
ChannelValues ForChannels(const ChannelValues& values, int64_t in_chans,
                          std::string_view where, ErrorKind kind);

}  // namespace wsel::image
