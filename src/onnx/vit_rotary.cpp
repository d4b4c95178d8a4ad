#include "vit_rotary.h"

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

#include "own_tensor.h"
#include "wsel/model/rotary.h"

namespace wsel::onnx {
namespace {

using model::VitConfig;

// [heads, patches, head_dim / 2]: of each coordinate by a frequency that the
// model has learnt for the block, the head and the pair.
std::vector<double> LearntAngles(const VitConfig& c, const GraphBuilder& g,
                                 int64_t block) {
  const auto coordinates = model::RotaryCoordinates(c);  // [patches, 2]
  // [2, blocks, heads, head_dim / 2]
  const auto frequencies = ElementsOf<float>(g.Weight("rope.freqs"));
  const auto pairs = static_cast<size_t>(c.HeadDim() / 2);
  const auto of_block = static_cast<size_t>(c.num_heads) * pairs;
  const float* first =
      frequencies.data() + static_cast<size_t>(block) * of_block;
  const float* second = first + static_cast<size_t>(c.depth) * of_block;
  std::vector<double> angles;
  for (size_t head = 0; head < of_block; head += pairs) {
    for (size_t at = 0; at < coordinates.size(); at += 2) {
      for (size_t i = head; i < head + pairs; ++i) {
        angles.push_back(coordinates[at] * first[i] +
                         coordinates[at + 1] * second[i]);
      }
    }
  }
  return angles;
}

// [N, head_dim / 2] for each of the heads in `angles`, which are only of the
// patches.
std::vector<float> ForAllTokens(const VitConfig& c,
                                const std::vector<double>& angles,
                                double (*function)(double)) {
  const auto pairs = static_cast<size_t>(c.HeadDim() / 2);
  const size_t prefix = static_cast<size_t>(c.PrefixTokens()) * pairs;
  const size_t patches = static_cast<size_t>(c.NumPatches()) * pairs;
  std::vector<float> values;
  for (size_t head = 0; head < angles.size(); head += patches) {
    values.insert(values.end(), prefix, static_cast<float>(function(0)));
    for (size_t i = head; i < head + patches; ++i) {
      values.push_back(static_cast<float>(function(angles[i])));
    }
  }
  return values;
}

// [B, N, heads, head_dim] -> [B, heads, N, head_dim], the first channels of all
// pairs before the second.
std::string HalvesByHead(const VitConfig& c, GraphBuilder& g,
                         const std::string& part, const std::string& x) {
  const std::string by_head = part + "/by_head";
  if (c.rope_rotate_half) return g.Transpose(by_head, x, {0, 2, 1, 3});
  const auto pairs = g.Reshape(part + "/pairs", x,
                               {c.Tokens(), c.num_heads, c.HeadDim() / 2, 2});
  const auto halves = g.Transpose(part + "/halves", pairs, {0, 2, 1, 4, 3});
  return g.Reshape(by_head, halves, {c.num_heads, c.Tokens(), c.HeadDim()});
}

}  // namespace

RotationConstants AddRotation(const VitConfig& c, GraphBuilder& g,
                              int64_t block) {
  if (c.rope == model::Rope::kNone) return {};
  const bool learnt = c.rope == model::Rope::kMixed;
  const auto angles =
      learnt ? LearntAngles(c, g, block) : model::RotaryAngles(c);
  Shape shape = {c.Tokens(), c.HeadDim() / 2};
  std::string suffix;
  if (learnt) {
    shape.insert(shape.begin(), c.num_heads);
    suffix = fmt::format(".{}", block);
  }
  const auto add = [&](const char* name, double (*function)(double)) {
    return g.Constant(name + suffix, shape, ForAllTokens(c, angles, function));
  };
  return {add("rope.cos", std::cos), add("rope.sin", std::sin)};
}

std::string AddRotated(const VitConfig& c, GraphBuilder& g,
                       const std::string& part, const std::string& x,
                       const RotationConstants& rotation) {
  const auto by_head = HalvesByHead(c, g, part, x);
  const std::string first = part + "/first";
  const std::string second = part + "/second";
  const int64_t pairs = c.HeadDim() / 2;
  g.Split(part + "/split", by_head, {first, second}, {pairs, pairs});
  const auto times_cos = [&](const std::string& half) {
    return g.Op("Mul", half + "/cos", {half, rotation.cos});
  };
  const auto times_sin = [&](const std::string& half) {
    return g.Op("Mul", half + "/sin", {half, rotation.sin});
  };
  const auto turned_first =
      g.Op("Sub", first + "/turned", {times_cos(first), times_sin(second)});
  const auto turned_second =
      g.Op("Add", second + "/turned", {times_cos(second), times_sin(first)});
  return g.Op("Concat", part + "/rotated", {turned_first, turned_second},
              {{"axis", int64_t{-1}}});
}

}  // namespace wsel::onnx
