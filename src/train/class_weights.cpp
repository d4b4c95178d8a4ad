#include "wsel/train/class_weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>
#include <sstream>

#include "wsel/core/csv.h"
#include "wsel/core/error.h"
#include "wsel/core/escape_text.h"
#include "wsel/core/suggest.h"
#include "wsel/core/text_file.h"

namespace wsel::train {
namespace {

constexpr std::string_view kClassWeightsKey = "train.class_weights";
constexpr uintmax_t kMaxWeightsFile = 4 << 20;
constexpr size_t kMaxNamesInMessage = 5;

std::optional<double> WeightIn(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [next, code] = std::from_chars(text.data(), end, value);
  if (text.empty() || code != std::errc() || next != end) return std::nullopt;
  return value;
}

[[noreturn]] void ThrowNoWeights(std::string_view text,
                                 std::string_view where) {
  throw Error(ErrorKind::kConfig, where,
              "is '{}'; it must be none, balanced, a number for each class in "
              "their order, such as 1,2,0.5, or numbers by name, such as "
              "cat=2,dog=0.5",
              text);
}

void CheckWeights(const ClassWeights& weights, std::string_view where) {
  for (const double value : weights.values) {
    if (value >= 0 && std::isfinite(value)) continue;
    throw Error(ErrorKind::kConfig, where,
                "has the weight {}; it must be finite and not negative", value);
  }
  if (std::ranges::count(weights.values, 0.) ==
      static_cast<int64_t>(weights.values.size())) {
    throw Error(ErrorKind::kConfig, where,
                "has only weights of 0, which leave no loss");
  }
  auto names = weights.names;
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  if (twice == names.end()) return;
  throw Error(ErrorKind::kConfig, where, "has the class '{}' twice", *twice);
}

// "a, b and 3 others".
std::string Listed(std::vector<std::string> names) {
  const size_t count = names.size();
  if (count > kMaxNamesInMessage) names.resize(kMaxNamesInMessage);
  std::string text = fmt::format("{}", fmt::join(names, ", "));
  if (count > names.size()) {
    text += fmt::format(" and {} others", count - names.size());
  }
  return text;
}

std::vector<double> ByName(const ClassWeights& given,
                           const std::vector<std::string>& classes) {
  for (const std::string& name : given.names) {
    if (std::ranges::find(classes, name) != classes.end()) continue;
    throw Error(ErrorKind::kConfig, kClassWeightsKey,
                Unknown("class", name, classes));
  }
  std::vector<double> weights;
  std::vector<std::string> lacking;
  for (const std::string& name : classes) {
    const auto found = std::ranges::find(given.names, name);
    if (found == given.names.end()) {
      lacking.push_back(name);
      continue;
    }
    weights.push_back(
        given.values[static_cast<size_t>(found - given.names.begin())]);
  }
  if (lacking.empty()) return weights;
  throw Error(ErrorKind::kConfig, kClassWeightsKey, "has no weight for {}",
              Listed(lacking));
}

}  // namespace

ClassWeights ParseClassWeights(std::string_view text, std::string_view where) {
  if (text == "none") return ClassWeights::kNone;
  if (text == "balanced") return ClassWeights::kBalanced;
  ClassWeights weights = ClassWeights::kGiven;
  for (const std::string& cell : CsvCells(text, where, ErrorKind::kConfig)) {
    const size_t equals = cell.rfind('=');
    const bool named = equals != std::string::npos;
    const auto value = WeightIn(named ? cell.substr(equals + 1) : cell);
    if (!value || equals == 0) ThrowNoWeights(text, where);
    weights.values.push_back(*value);
    if (named) weights.names.push_back(cell.substr(0, equals));
  }
  if (!weights.names.empty() && weights.names.size() != weights.values.size()) {
    ThrowNoWeights(text, where);
  }
  CheckWeights(weights, where);
  return weights;
}

std::string ToText(const ClassWeights& weights) {
  if (weights.kind == ClassWeights::kNone) return "none";
  if (weights.kind == ClassWeights::kBalanced) return "balanced";
  std::vector<std::string> cells;
  for (size_t i = 0; i < weights.values.size(); ++i) {
    const std::string value = fmt::format("{}", weights.values[i]);
    cells.push_back(weights.names.empty()
                        ? value
                        : CsvCell(weights.names[i] + "=" + value));
  }
  return fmt::format("{}", fmt::join(cells, ","));
}

std::string ClassWeightsInFile(const std::string& path) {
  std::error_code missing;
  const uintmax_t size = std::filesystem::file_size(path, missing);
  if (!missing && size > kMaxWeightsFile) {
    throw Error(ErrorKind::kFormat, path,
                "is larger than 4 MB: not a file of class weights");
  }
  std::istringstream lines(ReadText(path));
  ClassWeights weights = ClassWeights::kGiven;
  int64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    const std::string where = fmt::format("{}:{}", path, number);
    const auto cells = CsvCells(line, where);
    const auto value = cells.size() == 2 ? WeightIn(cells[1]) : std::nullopt;
    if (!value && number == 1 && cells.size() == 2) continue;  // a header
    if (!value || cells[0].empty()) {
      throw Error(ErrorKind::kFormat, where,
                  "is not a class and its weight, such as cat,2.5");
    }
    weights.names.push_back(EscapeInvalidUtf8(cells[0]));  // as of data sets
    weights.values.push_back(*value);
  }
  if (weights.values.empty()) {
    throw Error(ErrorKind::kFormat, path, "has no class and its weight");
  }
  CheckWeights(weights, path);
  return ToText(weights);
}

std::vector<double> WeightsOf(const ClassWeights& given,
                              const std::vector<std::string>& classes) {
  if (!given.names.empty()) return ByName(given, classes);
  if (given.values.size() == classes.size()) return given.values;
  throw Error(ErrorKind::kConfig, kClassWeightsKey,
              "has {} weights for {} classes: {}", given.values.size(),
              classes.size(), Listed(classes));
}

}  // namespace wsel::train
