#include "wsel/session/size_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

namespace wsel::session {
namespace {

std::string Row(const SizeCandidate& candidate, bool chosen, bool timed) {
  model::Config config = candidate.config;
  const auto widths = FieldsOf(config).widths;
  const int64_t heads = NumHeads(config);
  std::string row =
      fmt::format("{} {:>17}  {:>10}  {:>5}  {:>10.3f} M  {:>8.3f}",
                  chosen ? '*' : ' ', fmt::format("{}", fmt::join(widths, "-")),
                  fmt::format("{}", fmt::join(StageDepths(config), "-")),
                  heads > 0 ? fmt::format("{}", heads) : "-",
                  candidate.parameters * 1e-6, candidate.flops * 1e-9);
  if (timed) {
    row += fmt::format("  {:>7.2f} ms", candidate.milliseconds.value_or(0));
  }
  row += fmt::format("  {:>9.4f}", candidate.estimated);
  if (candidate.measured) row += fmt::format("  {:>8.4f}", *candidate.measured);
  return row + "\n";
}

}  // namespace

std::string SizeTable(const SizeChoice& choice) {
  const bool timed = choice.budget.kind == BudgetKind::kLatency;
  std::string table = fmt::format(
      "sizes    {}: {} tried, {} on the front; errors are shares of the "
      "teacher's last stream\n"
      "  {:>17}  {:>10}  {:>5}  {:>12}  {:>8}{}  {:>9}  {:>8}\n",
      Describe(choice.budget), choice.tried, choice.front.size(), "width",
      "depth", "heads", "parameters", "GFLOPs", timed ? "     latency" : "",
      "estimated", "measured");
  for (size_t i = 0; i < choice.front.size(); ++i) {
    table += Row(choice.front[i], i == choice.chosen, timed);
  }
  return table;
}

}  // namespace wsel::session
