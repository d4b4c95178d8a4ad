// Torch-free.
#pragma once

#include <vector>

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

}  // namespace wsel::image
