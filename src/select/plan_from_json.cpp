#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "config_pair.h"
#include "plan_reader.h"
#include "wsel/core/json_object.h"
#include "wsel/model/adapt_in_chans.h"
#include "wsel/model/config_json.h"
#include "wsel/model/init.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/select/plan_json.h"

namespace wsel::select {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kOldVersion = 1;
constexpr const char* kFresh = "fresh";  // in version 1

// Of one axis of a tensor: far more than any has.
constexpr int64_t kMostIndices = int64_t{1} << 24;

std::vector<int64_t> ReadIndices(JsonObject& set, int64_t of) {
  if (of < 0 || of > kMostIndices) {
    Fail(set.PathOf("of"),
         fmt::format("is {}, not from 0 to {}", of, kMostIndices));
  }
  std::vector<int64_t> indices;
  if (set.Raw("take").is_array()) {
    indices = set.Get<std::vector<int64_t>>("take");
  } else {
    JsonObject range = set.Object("take");
    const auto start = range.Get<int64_t>("start");
    const auto step = range.Get<int64_t>("step");
    const auto count = range.Get<int64_t>("count");
    range.Finish();
    // Before it is allocated, and so that start + i * step does not overflow.
    const bool fits =
        start >= 0 && step >= 1 && count >= 0 &&
        (count == 0 || (start < of && count - 1 <= (of - 1 - start) / step));
    if (!fits) {
      Fail(range.where(), fmt::format("not a range within [0, {})", of));
    }
    for (int64_t i = 0; i < count; ++i) indices.push_back(start + i * step);
  }
  int64_t previous = -1;
  for (const int64_t index : indices) {
    if (index <= previous || index >= of) {
      Fail(set.where(), fmt::format("indices must ascend and be below {}", of));
    }
    previous = index;
  }
  return indices;
}

template <typename E>
E Find(const Registry<E>& registry, JsonObject& json, std::string_view key) {
  return registry.Find(json.Get<std::string>(key), json.PathOf(key),
                       ErrorKind::kFormat);
}

Options ReadOptions(JsonObject json) {
  Options o;
  o.method = Find(Methods(), json, "method");
  o.layers = json.Get<std::string>("layers");
  o.heads = Find(HeadRules(), json, "heads");
  o.head = json.Get<std::string>("head") == kFresh
               ? Head::kReset
               : Find(HeadSources(), json, "head");
  o.patch_resize = Find(PatchResizes(), json, "patch_resize");
  o.skip = json.Get<std::vector<std::string>>("skip");
  o.official = json.Get<bool>("official");
  o.seed = static_cast<uint64_t>(json.Get<int64_t>("seed"));
  json.Finish();
  return o;
}

// An untrusted shape: few dimensions, and a product that fits.
Shape ReadShape(JsonObject& json, std::string_view key) {
  Shape shape = json.Get<Shape>(key);
  const auto count = Numel(shape);
  if (shape.size() > 8 || !count || *count > int64_t{1} << 31) {
    Fail(json.PathOf(key), "not a valid tensor shape");
  }
  return shape;
}

AxisPick ReadAxis(const Json& value, const Plan& plan, int64_t size,
                  const std::string& where) {
  if (value == "all") return {};
  JsonObject json(value, where, ErrorKind::kFormat);
  const auto name = json.Get<std::string>("set");
  AxisPick axis;
  axis.groups = json.GetOr<int>("groups", 1);
  json.Finish();
  const auto at = std::ranges::find(plan.sets, name, &IndexSet::name);
  if (at == plan.sets.end()) Fail(where, "unknown index set '" + name + "'");
  if (axis.groups < 1 || axis.groups > size || size % axis.groups != 0 ||
      size / axis.groups != at->of) {
    Fail(where, fmt::format("index set '{}' is of {}, the dimension is {}",
                            name, at->of, size));
  }
  axis.set = static_cast<int>(at - plan.sets.begin());
  return axis;
}

// Prefix tokens, or patches or pixels in a row.
constexpr int64_t kMaxSide = 4096;

int64_t ReadSide(JsonObject& json, std::string_view key) {
  const auto side = json.Get<int64_t>(key);
  if (side < 0 || side > kMaxSide) Fail(json.PathOf(key), "is out of range");
  return side;
}

HeightWidth ReadGrid(JsonObject& json, std::string_view key) {
  const auto grid =
      ReadHeightWidth(json.Raw(key), json.PathOf(key), json.kind());
  if (grid.Shorter() < 0 || grid.Longer() > kMaxSide) {
    Fail(json.PathOf(key), "is out of range");
  }
  return grid;
}

PosEmbedResample ReadPosEmbed(JsonObject json) {
  PosEmbedResample p;
  p.prefix = json.Get<std::vector<int64_t>>("prefix");
  if (static_cast<int64_t>(p.prefix.size()) > kMaxSide) {
    Fail(json.PathOf("prefix"), fmt::format("has {} positions; at most {}",
                                            p.prefix.size(), kMaxSide));
  }
  p.teacher_prefix = ReadSide(json, "teacher_prefix");
  p.from_grid = ReadGrid(json, "from_grid");
  p.to_grid = ReadGrid(json, "to_grid");
  json.Finish();
  for (const int64_t at : p.prefix) {
    if (at < -1 || at >= p.teacher_prefix) {
      Fail(json.PathOf("prefix"), "has a position that the teacher lacks");
    }
  }
  // A side of 0 has nothing that the other grid's could be computed from, even
  // if neither has patches: [5, 0] and [0, 3].
  if (p.from_grid.Shorter() == 0 && p.from_grid != p.to_grid) {
    Fail(json.PathOf("from_grid"),
         "has no patches: there is no grid to resample");
  }
  return p;
}

PatchEmbedResample ReadPatchEmbed(JsonObject json) {
  const PatchEmbedResample p{ReadSide(json, "from"), ReadSide(json, "to"),
                             Find(PatchResizes(), json, "method")};
  json.Finish();
  if (p.from == 0) Fail(json.PathOf("from"), "is 0: there is no kernel");
  if (p.to == 0) Fail(json.PathOf("to"), "is 0: there is no kernel");
  return p;
}

InChansAdaptation ReadInChans(JsonObject json) {
  const InChansAdaptation a{ReadSide(json, "from"), ReadSide(json, "to")};
  json.Finish();
  if (!model::CanAdaptInChans(a.from)) {
    Fail(json.PathOf("from"), "is not 3");
  }
  if (a.to == 0 || a.to == 3) {
    Fail(json.PathOf("to"), "must be another number of channels than 0 and 3");
  }
  return a;
}

// The shape that a selection gives; it must be the student's, except for
// trailing ones.
Shape SelectedShape(const Selected& s, const Plan& plan) {
  Shape shape = s.teacher_shape;
  for (size_t i = 0; i < shape.size(); ++i) {
    const AxisPick& axis = s.axes[i];
    if (axis.set == AxisPick::kAll) continue;
    shape[i] =
        axis.groups * static_cast<int64_t>(plan.sets[axis.set].indices.size());
  }
  if (const auto& p = s.pos_embed) {
    if (shape[1] != p->teacher_prefix + p->from_grid.Area()) return {};
    shape[1] = static_cast<int64_t>(p->prefix.size()) + p->to_grid.Area();
  }
  if (const auto& p = s.patch_embed) {
    if (shape[2] != p->from || shape[3] != p->from) return {};
    shape[2] = shape[3] = p->to;
  }
  if (const auto& c = s.in_chans) {
    if (shape[1] != c->from) return {};
    shape[1] = c->to;
  }
  return shape;
}

Shape WithoutTrailingOnes(Shape shape) {
  while (!shape.empty() && shape.back() == 1) shape.pop_back();
  return shape;
}

Selected ReadSelected(JsonObject& json, const Plan& plan, const Shape& shape) {
  Selected s;
  s.teacher = json.Get<std::string>("from");
  s.teacher_shape = ReadShape(json, "teacher_shape");
  const Json& axes = json.Raw("axes");
  if (!axes.is_array() || axes.size() != s.teacher_shape.size()) {
    Fail(json.PathOf("axes"), "must have one entry per dimension");
  }
  for (size_t i = 0; i < axes.size(); ++i) {
    s.axes.push_back(ReadAxis(axes[i], plan, s.teacher_shape[i],
                              fmt::format("{}.axes[{}]", json.where(), i)));
  }
  if (json.Has("positions")) {
    s.pos_embed = ReadPosEmbed(json.Object("positions"));
  }
  if (json.Has("kernel")) s.patch_embed = ReadPatchEmbed(json.Object("kernel"));
  if (json.Has("in_chans")) s.in_chans = ReadInChans(json.Object("in_chans"));
  if (json.Has("solved")) s.solved = json.Get<std::string>("solved");
  const size_t rank = s.teacher_shape.size();
  if ((s.pos_embed && rank != 3) ||
      ((s.patch_embed || s.in_chans) && rank != 4)) {
    Fail(json.where(), "is resampled, but has the wrong number of dimensions");
  }
  if (s.pos_embed && s.teacher_shape[0] != 1) {
    Fail(json.PathOf("teacher_shape"), "must begin with 1 to be resampled");
  }
  if (WithoutTrailingOnes(SelectedShape(s, plan)) !=
      WithoutTrailingOnes(shape)) {
    Fail(json.where(), fmt::format("the selection does not have the shape {}",
                                   FormatShape(shape)));
  }
  return s;
}

Entry ReadEntry(JsonObject json, const Plan& plan) {
  Entry entry;
  entry.student.name = json.Get<std::string>("name");
  entry.student.shape = ReadShape(json, "shape");
  const char* key = json.Has(kFresh) ? kFresh : "reinitialised";
  if (json.Has(key)) {
    JsonObject object = json.Object(key);
    Reinitialised r{
        object.Get<std::string>("reason"),
        model::InitFromJson(object.Raw("init").dump(), object.PathOf("init"))};
    object.Finish();
    if (!CanDraw(r.init, entry.student)) {
      Fail(object.PathOf("init"), "cannot initialise a tensor of this shape");
    }
    entry.source = std::move(r);
  } else if (json.Has("largest_magnitude")) {
    TopMagnitude t{json.Get<std::string>("from"),
                   ReadShape(json, "teacher_shape"),
                   json.Get<std::string>("largest_magnitude")};
    if (t.digest.size() != 64) {
      Fail(json.PathOf("largest_magnitude"), "is not a SHA-256");
    }
    if (*Numel(t.teacher_shape) < *Numel(entry.student.shape)) {
      Fail(json.where(), "selects more elements than the teacher has");
    }
    entry.source = std::move(t);
  } else if (json.Has("computed")) {
    entry.source = Computed{json.Get<std::string>("computed")};
  } else {
    entry.source = ReadSelected(json, plan, entry.student.shape);
  }
  json.Finish();
  return entry;
}

// The tensors of a generic student are unknown, but must be unique.
void CheckNames(const Plan& plan, const std::string& where) {
  std::set<std::string_view> names;
  for (const Entry& entry : plan.entries) {
    if (!names.insert(entry.student.name).second) {
      Fail(where, "contains '" + entry.student.name + "' twice");
    }
  }
}

// Checks that the tensors are the student's, in order.
void CheckEntries(const Plan& plan, const std::string& where) {
  const auto* student = std::get_if<model::Config>(&plan.student);
  if (student == nullptr) return CheckNames(plan, where);
  const std::string& name = NameOf(*student);
  std::vector<TensorSpec> wanted;
  for (const model::ParameterSpec& tensor : ParameterSpecs(*student)) {
    const bool skipped =
        plan.options.official && OfficialSkips(tensor.spec.name);
    if (!skipped) wanted.push_back(tensor.spec);
  }
  if (plan.entries.size() != wanted.size()) {
    Fail(where, fmt::format("contains {} tensors; {} has {}",
                            plan.entries.size(), name, wanted.size()));
  }
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto& [tensor, source] = plan.entries[i];
    if (tensor != wanted[i]) {
      Fail(where, fmt::format("contains '{}' {} where {} has '{}' {}",
                              tensor.name, FormatShape(tensor.shape), name,
                              wanted[i].name, FormatShape(wanted[i].shape)));
    }
    if (!plan.teacher && !std::holds_alternative<Reinitialised>(source)) {
      Fail(where, "selects '" + tensor.name + "' without a teacher");
    }
  }
}

PlanModel ReadModel(JsonObject& json, std::string_view key) {
  const Json& value = json.Raw(key);
  if (!value.is_object() || !value.contains("generic")) {
    return model::ConfigFromJson(value.dump(), json.PathOf(key),
                                 ErrorKind::kFormat);
  }
  JsonObject object = json.Object(key);
  GenericModel generic;
  generic.name = object.Get<std::string>("generic");
  JsonObject sizes = object.Object("sizes");
  for (const auto& item : object.Raw("sizes").items()) {
    generic.sizes.emplace_back(item.key(), sizes.Get<int64_t>(item.key()));
  }
  generic.stacks = object.Get<std::vector<std::string>>("stacks");
  object.Finish();
  return generic;
}

}  // namespace

Plan PlanFromJson(std::string_view text, std::string_view where) {
  const Json root = ParseJson(text, where, ErrorKind::kFormat);
  JsonObject json(root, std::string(where), ErrorKind::kFormat);
  const auto format = json.Get<std::string>("format");
  const auto version = json.Get<int64_t>("version");
  if (format != kPlanFormat ||
      (version != kPlanVersion && version != kOldVersion)) {
    Fail(std::string(where), fmt::format("expected a plan of version {} or {}",
                                         kOldVersion, kPlanVersion));
  }
  Plan plan;
  if (json.Has("teacher")) plan.teacher = ReadModel(json, "teacher");
  plan.student = ReadModel(json, "student");
  const bool generic_teacher =
      plan.teacher && std::holds_alternative<GenericModel>(*plan.teacher);
  if (IsGeneric(plan) != generic_teacher) {
    Fail(json.PathOf("teacher"),
         "must be generic if and only if the student is");
  }
  plan.options = ReadOptions(json.Object("options"));
  if (json.Has("calibration")) {
    plan.calibration = ReadCalibration(json.Object("calibration"));
  }
  plan.layers = json.Get<std::vector<std::vector<int64_t>>>("layers");
  ForEach(json, "index_sets", [&](JsonObject set) {
    const auto name = set.Get<std::string>("name");
    const auto of = set.Get<int64_t>("of");
    plan.sets.push_back({name, of, ReadIndices(set, of)});
    set.Finish();
  });
  ForEach(json, "tensors", [&](JsonObject tensor) {
    plan.entries.push_back(ReadEntry(std::move(tensor), plan));
  });
  CheckEntries(plan, json.PathOf("tensors"));
  CheckSolved(plan, json.PathOf("tensors"));
  ForEach(json, "unused", [&](JsonObject unused) {
    plan.unused.push_back(
        {unused.Get<std::string>("name"), unused.Get<std::string>("reason")});
    unused.Finish();
  });
  plan.notes = json.Get<std::vector<std::string>>("notes");
  json.Finish();
  return plan;
}

}  // namespace wsel::select
