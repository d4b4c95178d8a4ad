#include <charconv>
#include <limits>
#include <string_view>
#include <type_traits>

#include "wsel/augment/rand_augment.h"
#include "wsel/core/error.h"
#include "wsel/core/split.h"

namespace wsel::augment {
namespace {

// Above this mstd, timm draws magnitudes uniformly.
constexpr double kUniformAbove = 100;

class Parser {
 public:
  Parser(std::string_view name, std::string_view where)
      : name_(name), where_(where) {}

  RandAugmentOptions Parse() {
    const auto sections = Split(name_, '-');
    if (sections.front() != "rand") {
      Fail("is not a RandAugment policy such as \"rand-m9-mstd0.5-inc1\"");
    }
    options_ = {.magnitude = 10, .magnitude_std = 0, .increasing = false};
    for (size_t i = 1; i < sections.size(); ++i) ReadSection(sections[i]);
    return options_;
  }

 private:
  void ReadSection(std::string_view section) {
    if (section.empty()) return;  // as in timm
    const size_t digit = section.find_first_of("0123456789");
    const auto key = section.substr(0, digit);
    const auto text =
        digit == std::string_view::npos ? "" : section.substr(digit);
    if (key == "m") {
      options_.magnitude = Number<int>(section, text, 0, 10);
    } else if (key == "mstd") {
      options_.magnitude_std = Number<double>(section, text, 0, 1e9);
      if (options_.magnitude_std > kUniformAbove) {
        options_.magnitude_std = std::numeric_limits<double>::infinity();
      }
    } else if (key == "n") {
      options_.layers = Number<int>(section, text, 0, 100);
    } else if (key == "p") {
      options_.probability = Number<double>(section, text, 0, 1);
    } else if (key == "inc") {
      options_.increasing = Number<int>(section, text, 0, 1) == 1;
    } else {
      Fail(fmt::format(
          "has an unsupported section '{}'; supported: m9 (magnitude), mstd0.5 "
          "(its standard deviation; above 100: uniform), n2 (layers), p0.5 "
          "(probability of each), inc1 (increasing operations)",
          section));
    }
  }

  template <typename T>
  T Number(std::string_view section, std::string_view text, T low, T high) {
    T value{};
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    // Written so that NaN fails.
    if (read.ec != std::errc() || read.ptr != end ||
        !(value >= low && value <= high)) {
      Fail(fmt::format("has '{}'; expected {} from {} to {}", section,
                       std::is_integral_v<T> ? "an integer" : "a number", low,
                       high));
    }
    return value;
  }

  [[noreturn]] void Fail(std::string_view why) {
    throw Error(ErrorKind::kConfig, where_, "'{}' {}", name_, why);
  }

  std::string_view name_;
  std::string_view where_;
  RandAugmentOptions options_;
};

}  // namespace

RandAugmentOptions ParseRandAugment(std::string_view name,
                                    std::string_view where) {
  return Parser(name, where).Parse();
}

}  // namespace wsel::augment
