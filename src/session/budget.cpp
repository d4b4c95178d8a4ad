#include "wsel/session/budget.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string>

#include "wsel/core/error.h"
#include "wsel/session/bench_request.h"

namespace wsel::session {
namespace {

constexpr int64_t kLargestImage = 1 << 14;  // larger is surely mistyped
constexpr double kLargestLimit = 1e18;

struct Unit {
  std::string_view name;
  double factor;
};
constexpr std::array kCountUnits = {Unit{"", 1}, Unit{"K", 1e3}, Unit{"M", 1e6},
                                    Unit{"G", 1e9}, Unit{"T", 1e12}};
constexpr std::array kTimeUnits = {Unit{"ms", 1}, Unit{"s", 1e3}};

[[noreturn]] void Fail(std::string_view text, std::string_view what) {
  throw Error(ErrorKind::kUsage, "budget",
              "'{}': {}; give params=3M, flops=0.6G or latency=8ms@224x1", text,
              what);
}

// A number and its unit. `text` is the whole budget, for messages.
template <size_t kCount>
double Amount(std::string_view amount, const std::array<Unit, kCount>& units,
              std::string_view text, std::string_view unit_names) {
  double value = 0;
  const char* end = amount.data() + amount.size();
  const auto [rest, code] = std::from_chars(amount.data(), end, value);
  if (code != std::errc()) Fail(text, "needs a number after '='");
  const std::string_view name(rest, static_cast<size_t>(end - rest));
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    const double limit = value * unit.factor;
    if (!(limit > 0 && limit <= kLargestLimit)) {
      Fail(text, "must be above 0 and at most 1e18");
    }
    return limit;
  }
  Fail(text, fmt::format("has the unit '{}', not one of {}", name, unit_names));
}

// A whole number from 1 to `largest`.
int64_t Whole(std::string_view number, int64_t largest, std::string_view text,
              std::string_view name) {
  int64_t value = 0;
  const char* end = number.data() + number.size();
  const auto [rest, code] = std::from_chars(number.data(), end, value);
  if (code != std::errc() || rest != end || value < 1 || value > largest) {
    Fail(text, fmt::format("the {} must be a whole number from 1 to {}", name,
                           largest));
  }
  return value;
}

// "224", "224x1" or "192x256x1".
void ReadShape(std::string_view shape, std::string_view text, Budget& budget) {
  const auto side = [&](std::string_view number) {
    return Whole(number, kLargestImage, text, "image size");
  };
  const size_t first = shape.find('x');
  const size_t last = shape.rfind('x');
  budget.img_size = side(shape.substr(0, first));
  if (first == std::string_view::npos) return;
  if (first != last) {
    budget.img_size->width = side(shape.substr(first + 1, last - first - 1));
  }
  budget.batch_size =
      Whole(shape.substr(last + 1), kLargestBenchBatch, text, "batch size");
}

}  // namespace

const Registry<BudgetKind>& BudgetKinds() {
  static constexpr Registered<BudgetKind> kRows[] = {
      {BudgetKind::kParams, "params"},
      {BudgetKind::kFlops, "flops"},
      {BudgetKind::kLatency, "latency"}};
  static constexpr Registry<BudgetKind> kRegistry("budget", kRows);
  return kRegistry;
}

Budget ParseBudget(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) Fail(text, "has no '='");
  Budget budget;
  budget.kind = BudgetKinds().Find(text.substr(0, equals), "budget");
  std::string_view amount = text.substr(equals + 1);
  if (budget.kind != BudgetKind::kLatency) {
    budget.limit = Amount(amount, kCountUnits, text, "K, M, G, T");
    return budget;
  }
  if (const size_t at = amount.find('@'); at != std::string_view::npos) {
    ReadShape(amount.substr(at + 1), text, budget);
    amount = amount.substr(0, at);
  }
  budget.limit = Amount(amount, kTimeUnits, text, "ms, s");
  return budget;
}

std::string Describe(const Budget& budget) {
  std::string text = fmt::format("{}=", BudgetKinds().NameOf(budget.kind));
  if (budget.kind == BudgetKind::kLatency) {
    text += fmt::format("{}ms", budget.limit);
    if (budget.img_size) {
      text += fmt::format("@{}x{}", *budget.img_size, budget.batch_size);
    }
    return text;
  }
  for (size_t i = kCountUnits.size(); i-- > 0;) {
    const Unit& unit = kCountUnits[i];
    const double amount = budget.limit / unit.factor;
    // Rounding may not change what is read again.
    if (i > 0 && (amount < 1 || amount * unit.factor != budget.limit)) continue;
    return text + fmt::format("{}{}", amount, unit.name);
  }
  return text;
}

std::string CostText(BudgetKind kind, double cost) {
  switch (kind) {
    case BudgetKind::kParams:
      return fmt::format("{:.3f} M parameters", cost * 1e-6);
    case BudgetKind::kFlops:
      return fmt::format("{:.3f} GFLOPs", cost * 1e-9);
    case BudgetKind::kLatency:
      break;
  }
  return fmt::format("{:.2f} ms", cost);
}

}  // namespace wsel::session
