#include "config_mapping.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "config_dimensions.h"
#include "config_sources.h"
#include "layer_map.h"
#include "pos_embed_resample.h"
#include "wsel/model/init_rule.h"

namespace wsel::select {
namespace {

using model::ParameterSpec;
using model::Role;
using model::VitConfig;

void CheckArchitecture(const model::Config& teacher,
                       const model::Config& student) {
  if (teacher.index() == student.index()) return;
  throw Error(
      ErrorKind::kMismatch, NameOf(student),
      fmt::format("the student is a {}, the teacher a {}; weights can "
                  "only be selected within one architecture",
                  ArchitectureName(student), ArchitectureName(teacher)));
}

void CheckOptions(const model::Config& student, const Options& options) {
  Options official;
  official.official = true;
  official.seed = options.seed;
  if (options.official && options != official) {
    throw Error(ErrorKind::kUsage, "official",
                "the official rule is fixed; leave out method, layers, heads, "
                "head, skip and patch_resize");
  }
  if (options.heads != Heads::kFlat &&
      !std::holds_alternative<VitConfig>(student)) {
    throw Error(ErrorKind::kUsage, "heads",
                "a ConvNeXt has no attention heads; leave it out");
  }
}

void CheckReusedHead(const ConfigPair& models) {
  const int64_t teacher = NumClasses(models.teacher);
  const int64_t student = NumClasses(models.student);
  if (teacher == student) return;
  throw Error(
      ErrorKind::kMismatch, "head=reuse",
      fmt::format("needs an equal number of classes: the teacher has {}, the "
                  "student {}; set num_classes to {} or use head=reset",
                  teacher, student, teacher));
}

// Checks that the attention heads fit the rule.
void CheckHeads(Heads rule, const HeadSplit& teacher,
                const HeadSplit& student) {
  const auto check = [&](std::string_view what, int64_t from, int64_t to) {
    if (from == to) return;
    throw Error(ErrorKind::kMismatch,
                fmt::format("heads={}", HeadRules().NameOf(rule)),
                fmt::format("needs an equal {}: the teacher's is {}, the "
                            "student's {}; use heads=flat",
                            what, from, to));
  };
  if (rule == Heads::kWhole) {
    check("head dimension", teacher.head_dim, student.head_dim);
  }
  if (rule == Heads::kWithin) {
    check("number of heads", teacher.heads, student.heads);
  }
}

std::vector<std::string> HeadNotes(Heads rule, const HeadSplit& teacher,
                                   const HeadSplit& student) {
  if (rule != Heads::kFlat || teacher.head_dim == student.head_dim) return {};
  return {fmt::format(
      "the head dimension changes from {} to {} (heads {} to {}): q, k, v "
      "and proj stay consistent, but a head of the student does not "
      "correspond to one head of the teacher",
      teacher.head_dim, student.head_dim, teacher.heads, student.heads)};
}

bool HasAxis(const ParameterSpec& tensor, Role role) {
  return std::any_of(tensor.axes.begin(), tensor.axes.end(),
                     [&](const auto& axis) { return axis.role == role; });
}

// How tensors with positions or patch kernels are resampled.
struct Resampling {
  std::optional<PosEmbedResample> pos_embed;
  std::optional<PatchEmbedResample> patch_embed;
};

Resampling PlanResampling(const ConfigPair& models, const Options& options,
                          std::vector<std::string>& notes) {
  Resampling resampling;
  if (options.official) return resampling;
  if (const auto* teacher = std::get_if<VitConfig>(&models.teacher)) {
    resampling.pos_embed = PlanPosEmbedResample(
        *teacher, std::get<VitConfig>(models.student), notes);
  }
  const auto patch_size = [](const model::Config& config) {
    return std::visit([](const auto& c) { return c.patch_size; }, config);
  };
  const int64_t from = patch_size(models.teacher);
  const int64_t to = patch_size(models.student);
  if (from != to) {
    resampling.patch_embed = PatchEmbedResample{from, to, options.patch_resize};
  }
  return resampling;
}

std::string BlockName(const ParameterSpec& tensor) {
  if (tensor.block < 0) return "";
  return tensor.key.starts_with("stages.")
             ? fmt::format("stages.{}.blocks.{}", tensor.stage, tensor.block)
             : fmt::format("blocks.{}", tensor.block);
}

MappedTensor MapTensor(const ConfigPair& models, const ParameterSpec& student,
                       const ConfigSource& source, const Resampling& resampling,
                       ConfigDimensions& dimensions) {
  MappedTensor tensor;
  tensor.student = student.spec;
  tensor.component = Name(student.component);
  tensor.block = BlockName(student);
  tensor.init = InitFor(models.student, student, model::Initializer::kTimm);
  tensor.source = source.source;
  tensor.note = source.note;
  if (source.teacher == nullptr) return tensor;
  if (auto error = dimensions.Mismatch(*source.teacher, student)) {
    tensor.source = std::move(*error);
    return tensor;
  }
  tensor.axes = dimensions.AxesOf(*source.teacher, student);
  if (HasAxis(student, Role::kTokens)) tensor.pos_embed = resampling.pos_embed;
  if (HasAxis(student, Role::kKernel)) {
    tensor.patch_embed = resampling.patch_embed;
  }
  return tensor;
}

// Why no tensor of the student is selected from this one, if none is.
Unused ReasonUnused(const ConfigPair& models, const Options& options,
                    const ParameterSpec& teacher) {
  const std::string& name = teacher.spec.name;
  if (teacher.block >= 0) {
    const auto& taken = models.layers[teacher.stage];
    if (std::find(taken.begin(), taken.end(), teacher.block) == taken.end()) {
      return OfUnusedBlock(name);
    }
  }
  const bool same = std::any_of(
      models.student_parameters.begin(), models.student_parameters.end(),
      [&](const ParameterSpec& student) {
        return student.key == teacher.key && student.stage == teacher.stage;
      });
  if (!same) return {name, "the student has no such tensor"};
  if (options.official) return {name, "the official rule skips 'head'"};
  return {name, teacher.component == model::Component::kHead &&
                        options.head == Head::kReset
                    ? "the student's head is re-initialised"
                    : "skipped"};
}

std::vector<Unused> ReasonsUnused(const ConfigPair& models,
                                  const Options& options,
                                  const std::vector<TensorSpec>& file) {
  std::map<std::string_view, const ParameterSpec*> known;
  for (const ParameterSpec& tensor : models.teacher_parameters) {
    known[tensor.spec.name] = &tensor;
  }
  std::vector<Unused> unused;
  for (const TensorSpec& spec : file) {
    const auto at = known.find(spec.name);
    unused.push_back(
        at != known.end()
            ? ReasonUnused(models, options, *at->second)
            : Unused{spec.name, fmt::format("not a tensor of a {}",
                                            ArchitectureName(models.teacher))});
  }
  return unused;
}

}  // namespace

ComponentMapping MapConfigs(const model::Config& teacher,
                            const std::vector<TensorSpec>& file,
                            const model::Config& student,
                            const Options& options) {
  CheckArchitecture(teacher, student);
  CheckOptions(student, options);
  const ConfigPair models{
      teacher, student, ParameterSpecs(teacher), ParameterSpecs(student),
      MapLayers(StageDepths(teacher), StageDepths(student), options.layers)};
  if (options.head == Head::kReuse) CheckReusedHead(models);
  CheckHeads(options.heads, HeadsOf(teacher), HeadsOf(student));

  ComponentMapping mapping;
  mapping.teacher = teacher;
  mapping.student = student;
  mapping.layers = models.layers;
  mapping.notes = HeadNotes(options.heads, HeadsOf(teacher), HeadsOf(student));
  const Resampling resampling = PlanResampling(models, options, mapping.notes);
  const ConfigSources sources(models, file, options.head);
  ConfigDimensions dimensions(models, options.official);
  for (const ParameterSpec& parameter : models.student_parameters) {
    // The official script skips every name with "head" in it, ConvNeXt's final
    // norm included.
    const bool head = parameter.spec.name.find("head") != std::string::npos;
    if (options.official && head) continue;
    mapping.tensors.push_back(MapTensor(
        models, parameter, sources.Of(parameter), resampling, dimensions));
  }
  mapping.dimensions = std::move(dimensions).Take();
  mapping.unused = ReasonsUnused(models, options, file);
  return mapping;
}

}  // namespace wsel::select
