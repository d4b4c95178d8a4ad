#include "wsel/naming/remap_state_dict.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "copies.h"
#include "merged_source.h"
#include "remapper.h"
#include "wrappers.h"
#include "wsel/core/error.h"
#include "wsel/model/detect.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::naming {
namespace {

// A file of an unknown source, under its own names.
RemappedStateDict Unmapped(const TensorSource& file) {
  std::vector<MergedTensor> merged;
  for (const TensorSpec& spec : file.Specs()) {
    merged.push_back({spec, {Whole(spec)}});
  }
  RemappedStateDict out;
  out.tensors = std::make_unique<MergedSource>(file, std::move(merged));
  return out;
}

enum class Completeness { kWhole, kPartial, kUnrecognised };

// Whether a copy has every tensor of a supported model.
Completeness CompletenessOf(const TensorSource& tensors) {
  try {
    const auto found = model::Detect(tensors);
    if (!found) return Completeness::kUnrecognised;
    std::unordered_set<std::string_view> names;
    for (const TensorSpec& spec : tensors.Specs()) names.insert(spec.name);
    const auto parameters = ParameterSpecs(found->config);
    const bool whole = std::ranges::all_of(parameters, [&](const auto& one) {
      return names.contains(one.spec.name);
    });
    return whole ? Completeness::kWhole : Completeness::kPartial;
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kMismatch) throw;
    return Completeness::kPartial;
  }
}

struct Candidate {
  Copy copy = {};
  Completeness completeness = Completeness::kWhole;
  CopyRank rank = {};

  auto Order() const { return std::tuple(completeness, rank); }
};

// Whether a prefix of plain names is, or is within, the one that is asked for.
bool IsWithin(const std::string& prefix, const std::string& key) {
  if (key.empty()) return true;
  const std::string plain = PlainName(key);
  return prefix.starts_with(plain.ends_with('.') ? plain : plain + ".");
}

// The copies that may be meant, the best one first.
std::vector<Candidate> Candidates(const TensorSource& file,
                                  const std::vector<std::string>& names,
                                  const CopyChoice& choice) {
  std::vector<Candidate> candidates;
  for (Copy& copy : FindCopies(file, names)) {
    if (!IsWithin(copy.prefix, choice.key)) continue;
    const auto remapped = Remap(file, names, copy, {});
    Candidate one = {.rank = RankOf(copy.prefix, choice.no_ema)};
    one.completeness = CompletenessOf(*remapped.tensors);
    one.copy = std::move(copy);
    // Any tensor may be called so: under a prefix that is unknown, the
    // others must be there too.
    if (one.completeness == Completeness::kUnrecognised && one.rank.unknown &&
        choice.key.empty()) {
      continue;
    }
    candidates.push_back(std::move(one));
  }
  std::ranges::stable_sort(candidates, {}, &Candidate::Order);
  return candidates;
}

std::string ListOf(const std::vector<Candidate>& candidates) {
  std::vector<std::string> prefixes;
  for (const Candidate& one : candidates) {
    prefixes.push_back(fmt::format("'{}'", one.copy.file_prefix));
  }
  return fmt::format("{}", fmt::join(prefixes, ", "));
}

// The copies that rank before all others.
std::vector<Candidate> BestOf(const std::vector<Candidate>& candidates) {
  const auto worse = [&](const Candidate& one) {
    return one.Order() != candidates[0].Order();
  };
  return {candidates.begin(), std::ranges::find_if(candidates, worse)};
}

// A file of which no copy is chosen.
RemappedStateDict Unchosen(const TensorSource& file, std::string problem) {
  RemappedStateDict out = Unmapped(file);
  out.problem = std::move(problem);
  return out;
}

}  // namespace

RemappedStateDict RemapStateDict(const TensorSource& file,
                                 const CopyChoice& choice) {
  std::vector<std::string> names;
  for (const TensorSpec& spec : file.Specs()) {
    names.push_back(PlainName(spec.name));
  }
  const auto candidates = Candidates(file, names, choice);
  if (candidates.empty() && choice.key.empty()) return Unmapped(file);
  if (candidates.empty()) {
    const auto all = Candidates(file, names, {});
    return Unchosen(
        file,
        fmt::format("has no ViT or ConvNeXt under '{}', which `checkpoint_key` "
                    "names; {}",
                    choice.key,
                    all.empty() ? "wsel inspect lists its tensors"
                                : "there are: " + ListOf(all)));
  }
  const auto best = BestOf(candidates);
  if (best.size() > 1) {
    return Unchosen(file, fmt::format("has several copies of a model's "
                                      "weights, {}; choose one with "
                                      "`checkpoint_key`",
                                      ListOf(best)));
  }
  std::vector<std::string> others;
  std::vector<std::string> others_in_file;
  for (const Candidate& one : std::span(candidates).subspan(1)) {
    others.push_back(one.copy.prefix);
    others_in_file.push_back(one.copy.file_prefix);
  }
  RemappedStateDict out = Remap(file, names, best[0].copy, std::move(others));
  out.other_copies = std::move(others_in_file);
  return out;
}

bool IsAmongWeights(const RemappedStateDict& weights, const std::string& name) {
  const std::string plain = PlainName(name);
  const std::string prefix = PlainName(weights.prefix);
  if (!plain.starts_with(prefix)) return false;
  const std::string rest = plain.substr(prefix.size());
  const auto names = [&](const Row& row) {
    return Match(row.source, rest).has_value();
  };
  for (const Source& source : Sources()) {
    if (source.name != weights.source) continue;
    if (std::ranges::any_of(source.rows, names)) return true;
  }
  // A part of a module of the model, or of a module within one:
  // "blocks.0.attn.q_norm.weight".
  std::string module = rest;
  for (int level = 0; level < 2; ++level) {
    const size_t end = module.find_last_of("./");
    if (end == std::string::npos) return false;
    module.resize(end);
    const std::string start = prefix + rest.substr(0, end + 1);
    if (std::ranges::any_of(weights.used, [&](const UsedKey& key) {
          return PlainName(key.name).starts_with(start);
        })) {
      return true;
    }
  }
  return false;
}

}  // namespace wsel::naming
