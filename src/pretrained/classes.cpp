#include "wsel/pretrained/classes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <span>
#include <tuple>
#include <unordered_map>

#include "wsel/core/error.h"
#include "wsel/core/json_object.h"
#include "wsel/pretrained/imagenet_classes.h"
#include "wsel/run/metadata_keys.h"

namespace wsel::pretrained {
namespace {

using Names = std::vector<std::string>;

constexpr std::array<Registered<ClassOrder>, 3> kClassOrders = {{
    {ClassOrder::kNames, "names", "by name, if the checkpoint has names"},
    {ClassOrder::kTorchvision, "torchvision", "in the data set's order"},
    {ClassOrder::kTimm, "timm", "in natural order, ignoring case"},
}};
constexpr Registry<ClassOrder> kClassOrderNames("class order", kClassOrders);

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// As timm's natural_key: text in lower case and numbers, in turn. A number is
// its count of digits and its digits, without leading zeros.
using NaturalKey = std::vector<std::tuple<std::string, size_t, std::string>>;
NaturalKey NaturalKeyOf(const std::string& name) {
  NaturalKey key(1);
  bool in_number = false;
  for (const char c : name) {
    if (in_number && !IsDigit(c)) key.emplace_back();
    in_number = IsDigit(c);
    auto& [text, digits, number] = key.back();
    if (!in_number) {
      text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (digits > 0 || c != '0') {
      number += c;
      ++digits;
    }
  }
  if (in_number) key.emplace_back();
  return key;
}

Names InTimmsOrder(Names names) {
  std::ranges::stable_sort(names, {}, NaturalKeyOf);
  return names;
}

// "a, b, c": at most six.
std::string ListOf(const Names& names) {
  constexpr size_t kShown = 6;
  const auto shown = std::span(names).first(std::min(names.size(), kShown));
  const std::string list = fmt::format("{}", fmt::join(shown, ", "));
  return shown.size() == names.size()
             ? list
             : fmt::format("{} ... ({} in all)", list, names.size());
}

Names Sorted(Names names) {
  std::ranges::sort(names);
  return names;
}

// The names in sorted `a` that sorted `b` has not, or has less often.
Names Without(const Names& a, const Names& b) {
  Names rest;
  std::ranges::set_difference(a, b, std::back_inserter(rest));
  return rest;
}

// Sets how the names differ.
void SetMismatch(const ClassNames& own, const Names& classes,
                 ClassMatch& match) {
  const Names ours = Sorted(own.names);
  const Names theirs = Sorted(classes);
  if (ours == theirs) return;
  const Names extra = Without(ours, theirs);
  const Names lacking = Without(theirs, ours);
  std::string text =
      fmt::format("names other classes ({}) than the data set", own.source);
  if (!extra.empty()) {
    text += fmt::format("; only the checkpoint has {}", ListOf(extra));
  }
  if (!lacking.empty()) {
    text += fmt::format("; only the data set has {}", ListOf(lacking));
  }
  match.mismatch = text;
  match.shares_names = !own.published && extra.size() < ours.size();
}

// ImageNet-1k's classes by their synsets.
ClassNames ImageNetNames(const std::string& source) {
  ClassNames all = {.source = source, .published = true};
  for (const auto& [synset, words] : ImageNetClasses()) {
    all.names.emplace_back(synset);
    all.descriptions.emplace_back(words);
  }
  return all;
}

// The words of each name, if all are synsets of ImageNet-1k.
Names WordsOfSynsets(const Names& names) {
  Names words;
  for (const std::string& name : names) {
    const auto at = FindImageNetClass(name);
    if (!at) return {};
    const ImageNetClass& found = ImageNetClasses()[static_cast<size_t>(*at)];
    if (found.synset != name) return {};
    words.emplace_back(found.words);
  }
  return words;
}

// Which class of ImageNet-1k the name of an output is. Of words that two
// classes have ("crane") its place among all shows which.
std::optional<int64_t> ImageNetClassAt(const Names& names, size_t output) {
  const auto known = ImageNetClasses();
  const bool all = names.size() == known.size();
  if (all && names[output] == known[output].words) {
    return static_cast<int64_t>(output);
  }
  return FindImageNetClass(names[output]);
}

// The outputs by a key that names have; those of several are -1.
template <typename Key>
void AddOutput(std::unordered_map<Key, int64_t>& outputs, const Key& key,
               size_t output) {
  const auto at = static_cast<int64_t>(output);
  const auto [found, added] = outputs.try_emplace(key, at);
  if (!added) found->second = -1;
}

// For each class the output of its name, else that of the same class of
// ImageNet-1k; {} if a class has none, or shares one.
std::vector<int64_t> OutputsNamed(const Names& names, const Names& classes) {
  std::unordered_map<std::string, int64_t> by_name;
  std::unordered_map<int64_t, int64_t> by_imagenet;
  for (size_t i = 0; i < names.size(); ++i) {
    AddOutput(by_name, names[i], i);
    const auto known = ImageNetClassAt(names, i);
    if (known) AddOutput(by_imagenet, *known, i);
  }
  std::vector<int64_t> outputs;
  std::vector<bool> taken(names.size());
  for (const std::string& name : classes) {
    int64_t output = -1;
    if (const auto same = by_name.find(name); same != by_name.end()) {
      output = same->second;
    } else if (const auto known = FindImageNetClass(name)) {
      const auto found = by_imagenet.find(*known);
      if (found != by_imagenet.end()) output = found->second;
    }
    if (output < 0 || taken[static_cast<size_t>(output)]) return {};
    taken[static_cast<size_t>(output)] = true;
    outputs.push_back(output);
  }
  return outputs;
}

bool HasImageNetClass(const Names& classes) {
  return std::ranges::any_of(classes, [](const std::string& name) {
    return FindImageNetClass(name).has_value();
  });
}

// The names of a file or of what lies beside it.
ClassNames NamesFrom(Names names, const std::string& source) {
  Names words = WordsOfSynsets(names);
  return {std::move(names), source, std::move(words)};
}

// Those of published weights, of which timm's tag states 1000 outputs only for
// ImageNet-1k.
ClassNames PublishedNames(const PretrainedCheckpoint& checkpoint) {
  const auto& published = checkpoint.published;
  const auto outputs = static_cast<int64_t>(ImageNetClasses().size());
  if (!published || published->tag == nullptr ||
      published->tag->num_classes != outputs ||
      ClassifierOutputs(*checkpoint.remapped.tensors) != outputs) {
    return {};
  }
  return ImageNetNames("timm's " + published->Name());
}

// The position in `order` of each class; `order` has the same names.
std::vector<int64_t> PositionsIn(const Names& order, const Names& classes) {
  std::unordered_map<std::string_view, int64_t> positions;
  for (size_t i = 0; i < order.size(); ++i) {
    positions.emplace(order[i], static_cast<int64_t>(i));
  }
  std::vector<int64_t> found;
  for (const std::string& name : classes) found.push_back(positions.at(name));
  return found;
}

// Sets the outputs or the mismatch, by the checkpoint's names.
void MatchByName(const ClassNames& own, const Names& classes, bool one_each,
                 ClassMatch& match) {
  if (own.names == classes) {
    match.outputs.resize(one_each ? classes.size() : 0);
    std::iota(match.outputs.begin(), match.outputs.end(), 0);
    return;
  }
  auto found = own.names.size() == classes.size()
                   ? OutputsNamed(own.names, classes)
                   : std::vector<int64_t>();
  if (found.empty()) SetMismatch(own, classes, match);
  if (!match.mismatch.empty() || !one_each) return;
  match.outputs =
      found.empty() ? PositionsIn(own.names, classes) : std::move(found);
}

// Says in which order classes are taken that are not matched by name; timm and
// torchvision read the same folders in different orders.
void LogOrder(const std::string& path, const Names& order, bool chosen,
              const Names& classes) {
  spdlog::info("{}: {}; its outputs are taken for the classes {}", path,
               chosen ? "matched by position" : "names no classes",
               ListOf(order));
  if (chosen || !std::ranges::is_sorted(classes)) return;
  const Names timms = InTimmsOrder(classes);
  if (timms == classes) return;
  spdlog::warn(
      "{}: names no classes, and timm would order the data set's otherwise, "
      "{}; if it was trained by timm, set class_order to timm, else to "
      "torchvision",
      path, ListOf(timms));
}

}  // namespace

const Registry<ClassOrder>& ClassOrders() { return kClassOrderNames; }

ClassNames ClassNamesOf(const PretrainedCheckpoint& checkpoint) {
  const auto& metadata = checkpoint.file->metadata();
  const auto found = metadata.find(run::kClassesKey);
  const auto& beside = checkpoint.beside.classes;
  if (found == metadata.end()) {
    return beside ? NamesFrom(beside->value, beside->file)
                  : PublishedNames(checkpoint);
  }
  const std::string where =
      fmt::format("{}: {}", checkpoint.file->path().string(), run::kClassesKey);
  const auto json = ParseJson(found->second, where, ErrorKind::kFormat);
  const auto is_name = [](const auto& x) { return x.is_string(); };
  if (!json.is_array() || !std::ranges::all_of(json, is_name)) {
    throw Error(ErrorKind::kFormat, where, "is not a list of class names");
  }
  return NamesFrom(json.get<Names>(), "metadata");
}

int64_t ClassifierOutputs(const TensorSource& tensors) {
  constexpr int64_t kTooMany = 1 << 20;  // for model::Validate too
  for (const char* name : {"head.weight", "head.fc.weight"}) {
    const TensorSpec* head = tensors.Find(name);
    if (head == nullptr || head->shape.empty()) continue;
    return head->shape[0] < kTooMany ? head->shape[0] : 0;
  }
  return 0;
}

void AddClassNames(const PretrainedCheckpoint& checkpoint,
                   std::map<std::string, std::string>& metadata) {
  if (IsMultiLabel(checkpoint)) metadata[run::kTaskKey] = run::kMultiLabel;
  const ClassNames own = ClassNamesOf(checkpoint);
  if (own.names.empty()) return;
  metadata[run::kClassesKey] = nlohmann::json(own.names).dump();
}

bool IsMultiLabel(const PretrainedCheckpoint& checkpoint) {
  const auto& metadata = checkpoint.file->metadata();
  const auto found = metadata.find(run::kTaskKey);
  return found != metadata.end() && found->second == run::kMultiLabel;
}

ClassMatch MatchClasses(const PretrainedCheckpoint& checkpoint,
                        int64_t num_outputs,
                        const std::vector<std::string>& classes,
                        ClassOrder order) {
  ClassMatch match;
  if (classes.empty() || classes.front().empty()) return match;
  const bool one_each = num_outputs == static_cast<int64_t>(classes.size());
  const std::string path = checkpoint.file->path().string();
  const ClassNames own = ClassNamesOf(checkpoint);
  // Published names say nothing about a data set with none of them.
  const bool named =
      !own.names.empty() && (!own.published || HasImageNetClass(classes));
  if (order == ClassOrder::kNames && named) {
    MatchByName(own, classes, one_each, match);
    return match;
  }
  if (!one_each) return match;
  const Names taken =
      order == ClassOrder::kTimm ? InTimmsOrder(classes) : classes;
  LogOrder(path, taken, order != ClassOrder::kNames, classes);
  match.outputs = PositionsIn(taken, classes);
  return match;
}

PartialMatch MatchSomeClasses(const PretrainedCheckpoint& checkpoint,
                              int64_t num_outputs,
                              const std::vector<std::string>& classes) {
  PartialMatch match = {.all = ClassNamesOf(checkpoint)};
  const auto imagenet = static_cast<int64_t>(ImageNetClasses().size());
  const bool own = checkpoint.file->metadata().contains(run::kVersionKey);
  if (match.all.names.empty() && num_outputs == imagenet && !own) {
    match.all = ImageNetNames("assumed");
    match.assumed = true;
  }
  const auto named = static_cast<int64_t>(match.all.names.size());
  if (classes.empty() || named != num_outputs ||
      classes.size() >= match.all.names.size()) {
    return match;
  }
  match.outputs = OutputsNamed(match.all.names, classes);
  return match;
}

std::vector<int64_t> RequireSameClasses(const PretrainedCheckpoint& checkpoint,
                                        int64_t num_outputs,
                                        const std::vector<std::string>& classes,
                                        ClassOrder order) {
  ClassMatch match = MatchClasses(checkpoint, num_outputs, classes, order);
  if (match.mismatch.empty()) return std::move(match.outputs);
  throw Error(ErrorKind::kMismatch, checkpoint.file->path().string(),
              "{}. Rename the folders, choose classes with `classes`, or match "
              "them by position with `class_order` torchvision or timm",
              match.mismatch);
}

}  // namespace wsel::pretrained
