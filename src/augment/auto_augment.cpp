#include "wsel/augment/auto_augment.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "sample_stream.h"
#include "wsel/core/error.h"
#include "wsel/core/split.h"

namespace wsel::augment {
namespace {

// {operation, probability, magnitude}. Sources: Cubuk et al. 2019,
// "AutoAugment" (ImageNet), and its version for EfficientNet, both as in
// timm 1.0.31.
constexpr std::array<SubPolicy, 25> kOriginal = {{
    {{{Op::kPosterizeOriginal, 0.4, 8}, {Op::kRotate, 0.6, 9}}},
    {{{Op::kSolarize, 0.6, 5}, {Op::kAutoContrast, 0.6, 5}}},
    {{{Op::kEqualize, 0.8, 8}, {Op::kEqualize, 0.6, 3}}},
    {{{Op::kPosterizeOriginal, 0.6, 7}, {Op::kPosterizeOriginal, 0.6, 6}}},
    {{{Op::kEqualize, 0.4, 7}, {Op::kSolarize, 0.2, 4}}},
    {{{Op::kEqualize, 0.4, 4}, {Op::kRotate, 0.8, 8}}},
    {{{Op::kSolarize, 0.6, 3}, {Op::kEqualize, 0.6, 7}}},
    {{{Op::kPosterizeOriginal, 0.8, 5}, {Op::kEqualize, 1, 2}}},
    {{{Op::kRotate, 0.2, 3}, {Op::kSolarize, 0.6, 8}}},
    {{{Op::kEqualize, 0.6, 8}, {Op::kPosterizeOriginal, 0.4, 6}}},
    {{{Op::kRotate, 0.8, 8}, {Op::kColor, 0.4, 0}}},
    {{{Op::kRotate, 0.4, 9}, {Op::kEqualize, 0.6, 2}}},
    {{{Op::kEqualize, 0, 7}, {Op::kEqualize, 0.8, 8}}},
    {{{Op::kInvert, 0.6, 4}, {Op::kEqualize, 1, 8}}},
    {{{Op::kColor, 0.6, 4}, {Op::kContrast, 1, 8}}},
    {{{Op::kRotate, 0.8, 8}, {Op::kColor, 1, 2}}},
    {{{Op::kColor, 0.8, 8}, {Op::kSolarize, 0.8, 7}}},
    {{{Op::kSharpness, 0.4, 7}, {Op::kInvert, 0.6, 8}}},
    {{{Op::kShearX, 0.6, 5}, {Op::kEqualize, 1, 9}}},
    {{{Op::kColor, 0.4, 0}, {Op::kEqualize, 0.6, 3}}},
    {{{Op::kEqualize, 0.4, 7}, {Op::kSolarize, 0.2, 4}}},
    {{{Op::kSolarize, 0.6, 5}, {Op::kAutoContrast, 0.6, 5}}},
    {{{Op::kInvert, 0.6, 4}, {Op::kEqualize, 1, 8}}},
    {{{Op::kColor, 0.6, 4}, {Op::kContrast, 1, 8}}},
    {{{Op::kEqualize, 0.8, 8}, {Op::kEqualize, 0.6, 3}}},
}};
constexpr std::array<SubPolicy, 25> kV0 = {{
    {{{Op::kEqualize, 0.8, 1}, {Op::kShearY, 0.8, 4}}},
    {{{Op::kColor, 0.4, 9}, {Op::kEqualize, 0.6, 3}}},
    {{{Op::kColor, 0.4, 1}, {Op::kRotate, 0.6, 8}}},
    {{{Op::kSolarize, 0.8, 3}, {Op::kEqualize, 0.4, 7}}},
    {{{Op::kSolarize, 0.4, 2}, {Op::kSolarize, 0.6, 2}}},
    {{{Op::kColor, 0.2, 0}, {Op::kEqualize, 0.8, 8}}},
    {{{Op::kEqualize, 0.4, 8}, {Op::kSolarizeAdd, 0.8, 3}}},
    {{{Op::kShearX, 0.2, 9}, {Op::kRotate, 0.6, 8}}},
    {{{Op::kColor, 0.6, 1}, {Op::kEqualize, 1, 2}}},
    {{{Op::kInvert, 0.4, 9}, {Op::kRotate, 0.6, 0}}},
    {{{Op::kEqualize, 1, 9}, {Op::kShearY, 0.6, 3}}},
    {{{Op::kColor, 0.4, 7}, {Op::kEqualize, 0.6, 0}}},
    {{{Op::kPosterize, 0.4, 6}, {Op::kAutoContrast, 0.4, 7}}},
    {{{Op::kSolarize, 0.6, 8}, {Op::kColor, 0.6, 9}}},
    {{{Op::kSolarize, 0.2, 4}, {Op::kRotate, 0.8, 9}}},
    {{{Op::kRotate, 1, 7}, {Op::kTranslateYRel, 0.8, 9}}},
    {{{Op::kShearX, 0, 0}, {Op::kSolarize, 0.8, 4}}},
    {{{Op::kShearY, 0.8, 0}, {Op::kColor, 0.6, 4}}},
    {{{Op::kColor, 1, 0}, {Op::kRotate, 0.6, 2}}},
    {{{Op::kEqualize, 0.8, 4}, {Op::kEqualize, 0, 8}}},
    {{{Op::kEqualize, 1, 4}, {Op::kAutoContrast, 0.6, 2}}},
    {{{Op::kShearY, 0.4, 7}, {Op::kSolarizeAdd, 0.6, 7}}},
    {{{Op::kPosterize, 0.8, 2}, {Op::kSolarize, 0.6, 10}}},
    {{{Op::kSolarize, 0.6, 8}, {Op::kEqualize, 0.6, 1}}},
    {{{Op::kColor, 0.8, 6}, {Op::kRotate, 0.4, 5}}},
}};

// timm's variants, which get stronger with the magnitude.
template <size_t N>
constexpr std::array<SubPolicy, N> Increasing(std::array<SubPolicy, N> policy) {
  for (SubPolicy& sub_policy : policy) {
    for (PolicyOp& op : sub_policy) {
      if (op.op == Op::kPosterize || op.op == Op::kPosterizeOriginal) {
        op.op = Op::kPosterizeIncreasing;
      }
    }
  }
  return policy;
}
constexpr auto kOriginalIncreasing = Increasing(kOriginal);
constexpr auto kV0Increasing = Increasing(kV0);

constexpr std::string_view kThreeAugment = "3a";
constexpr std::string_view kTrivialAugment = "ta_wide";
constexpr double kMaxMagnitude = 10;

[[noreturn]] void Fail(std::string_view name, std::string_view where) {
  throw Error(ErrorKind::kConfig, where,
              "'{}' is not a policy; there are rand-m9-mstd0.5-inc1 "
              "(RandAugment, with other numbers too), original, originalr, v0, "
              "v0r (AutoAugment, also with -mstd0.5), 3a (3-Augment), ta_wide "
              "(TrivialAugmentWide) and \"\" (none)",
              name);
}

double MagnitudeStd(std::string_view section, std::string_view name,
                    std::string_view where) {
  constexpr std::string_view kKey = "mstd";
  if (!section.starts_with(kKey)) Fail(name, where);
  const auto text = section.substr(kKey.size());
  const char* end = text.data() + text.size();
  double value = 0;
  const auto read = std::from_chars(text.data(), end, value);
  // Written so that NaN fails.
  if (read.ec != std::errc() || read.ptr != end ||
      !(value >= 0 && value <= 1e9)) {
    Fail(name, where);
  }
  return value;
}

std::vector<DrawnOp> DrawAutoAugment(const AutoAugmentOptions& options,
                                     const SampleAddress& address) {
  const auto stream = SampleStream(address, "auto_augment");
  const SubPolicy& chosen =
      options.sub_policies[stream.Below(0, options.sub_policies.size())];
  std::vector<DrawnOp> drawn;
  for (size_t i = 0; i < chosen.size(); ++i) {
    const auto& [op, probability, policy_magnitude] = chosen[i];
    const uint64_t first = 1 + 3 * i;
    if (stream.Uniform(first) >= probability) continue;
    double magnitude = policy_magnitude;
    if (options.magnitude_std > 0) {
      magnitude +=
          options.magnitude_std * NormalQuantile(stream.Uniform(first + 1));
    }
    magnitude = std::clamp(magnitude, 0.0, kMaxMagnitude);
    const bool negative = stream.Uniform(first + 2) > 0.5;
    drawn.push_back({op, magnitude, ArgumentOf(op, magnitude, negative)});
  }
  return drawn;
}

// Source: DeiT III, Touvron et al. 2022: blur has a radius of 0.1 to 2
// pixels, and solarise begins at 128; timm's policy "3a" is the same.
std::vector<DrawnOp> DrawThreeAugment(const SampleAddress& address) {
  const auto stream = SampleStream(address, "three_augment");
  switch (stream.Below(0, 3)) {
    case 0:
      return {{Op::kSolarize, 5, ArgumentOf(Op::kSolarize, 5, false)}};
    case 1:
      return {{Op::kDesaturate, kMaxMagnitude,
               ArgumentOf(Op::kDesaturate, kMaxMagnitude, false)}};
    default:
      return {
          {Op::kGaussianBlur, kMaxMagnitude, UniformIn(stream, 1, 0.1, 2.0)}};
  }
}

std::vector<DrawnOp> DrawTrivialAugment(const SampleAddress& address) {
  const auto stream = SampleStream(address, "trivial_augment");
  return TrivialOp(UpTo(stream, 0, kTrivialOps - 1),
                   UpTo(stream, 1, kTrivialBins - 1), stream.Below(2, 2) == 1);
}

}  // namespace

AutoAugmentOptions ParseAutoAugment(std::string_view name,
                                    std::string_view where) {
  const auto sections = Split(name, '-');
  AutoAugmentOptions options;
  if (sections.front() == "original") {
    options.sub_policies = kOriginal;
  } else if (sections.front() == "originalr") {
    options.sub_policies = kOriginalIncreasing;
  } else if (sections.front() == "v0") {
    options.sub_policies = kV0;
  } else if (sections.front() == "v0r") {
    options.sub_policies = kV0Increasing;
  } else {
    Fail(name, where);
  }
  for (size_t i = 1; i < sections.size(); ++i) {
    options.magnitude_std = MagnitudeStd(sections[i], name, where);
  }
  return options;
}

bool IsTrivialAugment(std::string_view name) { return name == kTrivialAugment; }

void ValidatePolicy(std::string_view name, std::string_view where) {
  if (name.empty() || name == kThreeAugment || IsTrivialAugment(name)) return;
  if (name.starts_with("rand")) {
    ParseRandAugment(name, where);
  } else {
    ParseAutoAugment(name, where);
  }
}

std::vector<DrawnOp> DrawPolicy(std::string_view name,
                                const SampleAddress& address) {
  constexpr std::string_view kWhere = "augment.rand_augment";
  if (name.empty()) return {};
  if (name == kThreeAugment) return DrawThreeAugment(address);
  if (IsTrivialAugment(name)) return DrawTrivialAugment(address);
  if (name.starts_with("rand")) {
    return DrawRandAugment(ParseRandAugment(name, kWhere), address);
  }
  return DrawAutoAugment(ParseAutoAugment(name, kWhere), address);
}

}  // namespace wsel::augment
