#include "wsel/select/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "wsel/model/init.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::select {
namespace {

// The range [begin, end) of a block's number in a name; {0, 0} if it has none.
std::pair<size_t, size_t> FindBlock(std::string_view name, const Plan& plan) {
  static const std::vector<std::string> kConfigStacks = {"blocks."};
  const auto* generic = std::get_if<GenericModel>(&plan.student);
  for (const std::string& stack : generic ? generic->stacks : kConfigStacks) {
    const size_t at = name.find(stack);
    if (at == std::string_view::npos) continue;
    const size_t begin = at + stack.size();
    const size_t end = name.find_first_not_of("0123456789", begin);
    if (end != begin && end != std::string_view::npos) return {begin, end};
  }
  return {0, 0};
}

// "blocks.3.norm1.bias" -> "blocks.*.norm1.bias"
std::string WithoutBlock(std::string name, const Plan& plan) {
  const auto [begin, end] = FindBlock(name, plan);
  return end == 0 ? name : name.replace(begin, end - begin, "*");
}

// "blocks.3.norm1.bias" -> "blocks.3.*"
std::string WholeBlock(const std::string& name, const Plan& plan) {
  const size_t end = FindBlock(name, plan).second;
  return end == 0 ? name : name.substr(0, end) + ".*";
}

// "0, 2, 4, ... 382"
std::string Abridge(const std::vector<int64_t>& indices) {
  if (indices.size() <= 8) return fmt::format("{}", fmt::join(indices, ", "));
  return fmt::format("{}, {}, {}, {}, ... {}", indices[0], indices[1],
                     indices[2], indices[3], indices.back());
}

std::string AxisName(const AxisPick& axis, const Plan& plan) {
  if (axis.set == AxisPick::kAll) return "all";
  const std::string name = WithoutBlock(plan.sets[axis.set].name, plan);
  return axis.groups == 1 ? name : fmt::format("{} x{}", name, axis.groups);
}

std::string Describe(const Selected& s, const Plan& plan) {
  std::vector<std::string> axes;
  for (const AxisPick& axis : s.axes) axes.push_back(AxisName(axis, plan));
  const bool all = std::ranges::all_of(
      s.axes, [](int set) { return set == AxisPick::kAll; }, &AxisPick::set);
  std::string text = fmt::format(
      "{} {}: {}", WithoutBlock(s.teacher, plan), FormatShape(s.teacher_shape),
      all ? "all" : fmt::format("{}", fmt::join(axes, ", ")));
  const auto& pos_embed = s.pos_embed;
  if (pos_embed && pos_embed->from_grid == pos_embed->to_grid) {
    text += fmt::format("; {} of {} prefix positions", pos_embed->prefix.size(),
                        pos_embed->teacher_prefix);
  } else if (pos_embed) {
    const HeightWidth& from = pos_embed->from_grid;
    const HeightWidth& to = pos_embed->to_grid;
    text += fmt::format("; grid {}x{} -> {}x{}, bicubic", from.height,
                        from.width, to.height, to.width);
  }
  if (const auto& p = s.patch_embed) {
    text += fmt::format("; kernel {0}x{0} -> {1}x{1}, {2}", p->from, p->to,
                        PatchResizes().NameOf(p->method));
  }
  if (const auto& c = s.in_chans) {
    text += c->to == 1
                ? fmt::format("; {} image channels summed", c->from)
                : fmt::format("; {} image channels repeated to {}, x 3/{}",
                              c->from, c->to, c->to);
  }
  if (!s.solved.empty()) text += "; then " + s.solved;
  return text;
}

std::string Describe(const TopMagnitude& t, const Plan& plan) {
  return fmt::format("{} {}: largest magnitude", WithoutBlock(t.teacher, plan),
                     FormatShape(t.teacher_shape));
}

std::string Describe(const Reinitialised& r, const Plan&) {
  return fmt::format("re-initialised, {} ({})", model::Describe(r.init),
                     r.reason);
}

std::string Describe(const Computed& c, const Plan&) {
  return "computed: " + c.how;
}

// Equal lines as one, in the order of the first, with their number.
template <typename Line>
std::vector<std::pair<Line, int>> Fold(const std::vector<Line>& lines) {
  std::vector<std::pair<Line, int>> folded;
  for (const Line& line : lines) {
    auto same = std::ranges::find(folded, line, &std::pair<Line, int>::first);
    if (same == folded.end()) same = folded.insert(same, {line, 0});
    ++same->second;
  }
  return folded;
}

void AppendTensors(const Plan& plan, std::string& text) {
  std::vector<std::array<std::string, 3>> lines;  // name, shape, source
  size_t name_width = 0;
  size_t shape_width = 0;
  for (const Entry& entry : plan.entries) {
    lines.push_back(
        {WithoutBlock(entry.student.name, plan),
         FormatShape(entry.student.shape),
         std::visit([&](const auto& s) { return Describe(s, plan); },
                    entry.source)});
    name_width = std::max(name_width, lines.back()[0].size());
    shape_width = std::max(shape_width, lines.back()[1].size());
  }
  text += "tensors\n";
  for (const auto& [line, count] : Fold(lines)) {
    text += fmt::format("  {:{}} {:>3}  {:{}}  <- {}\n", line[0], name_width,
                        count == 1 ? "" : fmt::format("x{}", count), line[1],
                        shape_width, line[2]);
  }
}

void AppendModel(std::string_view role, const PlanModel& model,
                 std::string& text) {
  if (const auto* generic = std::get_if<GenericModel>(&model)) {
    std::vector<std::string> sizes;
    for (const auto& [name, size] : generic->sizes) {
      sizes.push_back(fmt::format("{} {}", name, size));
    }
    text += fmt::format("{}  {}{}{}\n", role, generic->name,
                        sizes.empty() ? "" : ": ", fmt::join(sizes, ", "));
    return;
  }
  const auto& config = std::get<model::Config>(model);
  text += fmt::format("{}  {}, {}, {:.2f} M parameters\n", role, NameOf(config),
                      ArchitectureName(config),
                      static_cast<double>(ParameterCount(config)) * 1e-6);
}

void AppendHeading(const Plan& plan, std::string& text) {
  if (plan.teacher) AppendModel("teacher", *plan.teacher, text);
  AppendModel("student", plan.student, text);
  const Options& o = plan.options;
  if (!plan.teacher) {
    const auto& first = std::get<Reinitialised>(plan.entries.front().source);
    text += fmt::format("rule     {}, seed {}\n", first.reason, o.seed);
    return;
  }
  if (o.official) {
    text += "rule     the official script's\n";
  } else {
    // Generic models have no classifier that is known as such.
    const std::string head =
        IsGeneric(plan)
            ? ""
            : fmt::format("head {}, ", HeadSources().NameOf(o.head));
    text += fmt::format("rule     {}, heads {}, layers {}, {}seed {}\n",
                        o.method->name, HeadRules().NameOf(o.heads), o.layers,
                        head, o.seed);
  }
  for (size_t stage = 0; stage < plan.layers.size(); ++stage) {
    text += fmt::format(
        "{:8} blocks {}\n",
        plan.layers.size() == 1 ? "layers" : fmt::format("stage {}", stage),
        fmt::join(plan.layers[stage], ", "));
  }
}

void AppendSets(const Plan& plan, std::string& text) {
  // Inconsistent methods have up to two sets per tensor: too many to read.
  constexpr size_t kMost = 16;
  if (plan.sets.empty()) return;
  text += "index sets\n";
  for (size_t i = 0; i < std::min(kMost, plan.sets.size()); ++i) {
    const IndexSet& set = plan.sets[i];
    text += fmt::format("  {:10} {} of {}: {}\n", set.name,
                        set.indices.size() + set.undecided, set.of,
                        set.undecided == 0 ? Abridge(set.indices)
                        : plan.options.Rule().NeedsImages()
                            ? "chosen by the calibration images"
                            : "chosen from the teacher's weights");
  }
  if (plan.sets.size() > kMost) {
    text += fmt::format("  ... and {} more{}\n", plan.sets.size() - kMost,
                        IsDecided(plan) ? " (all are in the plan's JSON)" : "");
  }
}

void AppendUnused(const Plan& plan, std::string& text) {
  if (plan.unused.empty()) return;
  std::vector<std::string> lines;
  for (const auto& [teacher, reason] : plan.unused) {
    lines.push_back((reason == kUnusedBlock ? WholeBlock(teacher, plan)
                                            : WithoutBlock(teacher, plan)) +
                    ": " + reason);
  }
  text += "unused tensors of the teacher\n";
  for (const auto& [line, count] : Fold(lines)) {
    text += fmt::format("  {}{}\n", line,
                        count == 1 ? "" : fmt::format(" ({} tensors)", count));
  }
}

// Those that agreement was measured on.
std::string AgreementImages(const Plan& plan) {
  const int64_t held_out = plan.calibration->agreement->held_out;
  if (held_out > 0) {
    return fmt::format("{} images that the student was not fitted to",
                       held_out);
  }
  return plan.options.Rule().NeedsImages()
             ? "these images (the student was fitted to them)"
             : "these images";
}

// Which images, and what of the teacher the student has on them.
void AppendCalibration(const Plan& plan, std::string& text) {
  if (!plan.calibration) return;
  const CalibrationRecord& c = *plan.calibration;
  text += fmt::format("images   {} of {} train, seed {}, SHA-256 {}\n",
                      c.images, c.dataset, c.seed, c.digest.substr(0, 16));
  if (!c.agreement) return;
  const std::string images = AgreementImages(plan);
  if (c.agreement->top1) {
    text += fmt::format(
        "top-1    {:.2f} % of {} are classified as by the teacher\n",
        *c.agreement->top1, images);
  }
  if (c.agreement->stream.empty()) return;
  text += fmt::format("residual stream on {}: energy kept, relative error\n",
                      images);
  for (const StreamAgreement& s : c.agreement->stream) {
    text += fmt::format("  {:18} {:6.2f} %  {:.3g}\n", s.block, 100 * s.kept,
                        s.error);
  }
}

void AppendNotesAndTotals(const Plan& plan, std::string& text) {
  for (const std::string& note : plan.notes) {
    text += fmt::format("note     {}\n", note);
  }
  AppendCalibration(plan, text);
  const ElementCounts counts = CountElements(plan);
  const auto millions = [](int64_t n) { return static_cast<double>(n) * 1e-6; };
  const double total =
      millions(counts.selected + counts.computed + counts.reinitialised);
  const bool computed = counts.computed > 0;
  const double taken = millions(computed ? counts.computed : counts.selected);
  text += fmt::format(
      "total    {:.3f} M of {:.3f} M elements {} ({:.1f} %), {:.3f} M "
      "re-initialised\n",
      taken, total, computed ? "computed" : "selected", 100 * taken / total,
      millions(counts.reinitialised));
}

}  // namespace

ElementCounts CountElements(const Plan& plan) {
  ElementCounts counts;
  for (const Entry& entry : plan.entries) {
    int64_t& count = std::holds_alternative<Reinitialised>(entry.source)
                         ? counts.reinitialised
                     : std::holds_alternative<Computed>(entry.source)
                         ? counts.computed
                         : counts.selected;
    count += *Numel(entry.student.shape);
  }
  return counts;
}

std::string Summary(const Plan& plan) {
  std::string text;
  AppendHeading(plan, text);
  AppendNotesAndTotals(plan, text);
  return text;
}

std::string Report(const Plan& plan) {
  std::string text;
  AppendHeading(plan, text);
  AppendSets(plan, text);
  AppendTensors(plan, text);
  AppendUnused(plan, text);
  AppendNotesAndTotals(plan, text);
  return text;
}

}  // namespace wsel::select
