#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "config_pair.h"
#include "wsel/model/init.h"

namespace wsel::select {
namespace {

using model::ParameterSpec;
using model::Role;

void CheckArchitecture(const model::Config& teacher,
                       const model::Config& student) {
  if (AreKin(teacher, student)) return;
  throw Error(ErrorKind::kMismatch, NameOf(student),
              "the student is a {}, the teacher a {}; weights can only be "
              "selected within one architecture",
              ArchitectureName(student), ArchitectureName(teacher));
}

bool SkipsMlp(const Options& options) {
  return std::ranges::count(options.skip, "mlp") > 0;
}

// A packed SwiGLU has the name of a plain MLP's first layer, but not its rows.
void CheckMlps(const model::Config& teacher, const model::Config& student) {
  if (HaveSameMlp(teacher, student)) return;
  throw Error(ErrorKind::kMismatch, "mlp",
              "the MLPs of teacher and student are of different forms (plain, "
              "SwiGLU, packed SwiGLU); choose a student of the teacher's form");
}

void CheckOptions(const model::Config& student, const Options& options) {
  const Options official{.official = true, .seed = options.seed};
  if (options.official && options != official) {
    throw Error(ErrorKind::kUsage, "official",
                "the official rule is fixed; leave out method, layers, heads, "
                "head, skip and patch_resize");
  }
  if (options.heads != Heads::kFlat && NumHeads(student) == 0) {
    throw Error(ErrorKind::kUsage, "heads",
                "a {} has no attention heads; leave it out",
                ArchitectureName(student));
  }
}

void CheckReusedHead(const ConfigPair& models) {
  const int64_t teacher = NumClasses(models.teacher);
  const int64_t student = NumClasses(models.student);
  if (teacher == student) return;
  throw Error(ErrorKind::kMismatch, "head=reuse",
              "needs an equal number of classes: the teacher has {}, the "
              "student {}; set num_classes to {} or use head=reset",
              teacher, student, teacher);
}

// Checks that the attention heads fit the rule; notes if they are not kept.
std::vector<std::string> CheckHeads(Heads rule, const HeadSplit& teacher,
                                    const HeadSplit& student) {
  const bool equal = rule == Heads::kWithin
                         ? teacher.heads == student.heads
                         : teacher.head_dim == student.head_dim;
  if (equal) return {};
  if (rule == Heads::kFlat) {
    return {fmt::format(
        "the head dimension changes from {} to {} (heads {} to {}): q, k, v "
        "and proj stay consistent, but a head of the student does not "
        "correspond to one head of the teacher",
        teacher.head_dim, student.head_dim, teacher.heads, student.heads)};
  }
  const bool within = rule == Heads::kWithin;
  throw Error(ErrorKind::kMismatch,
              fmt::format("heads={}", HeadRules().NameOf(rule)),
              "needs an equal {}: the teacher's is {}, the student's {}; use "
              "heads=flat",
              within ? "number of heads" : "head dimension",
              within ? teacher.heads : teacher.head_dim,
              within ? student.heads : student.head_dim);
}

// Of differential attention, of which lambdas have the size of a head.
void RequireHeadDim(const HeadSplit& teacher, const HeadSplit& student) {
  if (student.head_dim == teacher.head_dim) return;
  throw Error(ErrorKind::kMismatch, "num_heads",
              "the student's heads have {} channels, the teacher's {}; with "
              "differential attention both must be equal",
              student.head_dim, teacher.head_dim);
}

// Heads that are kept: whole, or, of rotary positions, with fewer frequencies.
std::vector<std::string> CheckKeptHeads(const HeadSplit& teacher,
                                        const HeadSplit& student) {
  if (student.heads > teacher.heads || student.head_dim > teacher.head_dim) {
    throw Error(ErrorKind::kMismatch, "num_heads",
                "the student has {} heads of {} channels, the teacher {} of "
                "{}; with rotary positions, normalised queries and keys or "
                "differential attention heads are kept, so a student needs no "
                "more of both",
                student.heads, student.head_dim, teacher.heads,
                teacher.head_dim);
  }
  if (student.head_dim == teacher.head_dim) {
    return {
        fmt::format("{} of the teacher's {} heads are kept whole, because "
                    "the order of their channels matters",
                    student.heads, teacher.heads)};
  }
  return {fmt::format(
      "the head dimension changes from {} to {}: of each head evenly spaced "
      "channels are kept, those that rotary positions turn together in whole "
      "pairs{}",
      teacher.head_dim, student.head_dim,
      teacher.head_dim % student.head_dim == 0
          ? ""
          : "; their frequencies are not the student's")};
}

bool HasAxis(const ParameterSpec& tensor, Role role) {
  return std::ranges::count(tensor.axes, role, &model::Axis::role) > 0;
}

// Whether another block's tensor of this name has the expected shape.
bool FitsOtherBlock(const TensorSpec& expected,
                    const std::vector<TensorSpec>& file) {
  constexpr std::string_view kBlocks = "blocks.";
  const std::string_view name = expected.name;
  const size_t number = name.find(kBlocks);
  if (number == std::string_view::npos) return false;
  const size_t begin = number + kBlocks.size();
  const auto before = name.substr(0, begin);
  const auto after = name.substr(std::min(name.find('.', begin), name.size()));
  return std::ranges::any_of(file, [&](const TensorSpec& spec) {
    return spec.shape == expected.shape && spec.name.starts_with(before) &&
           spec.name.ends_with(after);
  });
}

// The tensor of the teacher's file that has a parameter.
std::variant<TensorSpec, Reinitialised, Error> InFile(
    const TensorSpec& expected, const std::vector<TensorSpec>& file) {
  const auto at = std::ranges::find(file, expected.name, &TensorSpec::name);
  if (at == file.end()) {
    return Error(ErrorKind::kMismatch, expected.name,
                 "missing from the teacher's file: the file is incomplete, or "
                 "of a model without it; its other components can be "
                 "selected if this one is skipped");
  }
  if (at->shape == expected.shape) return *at;
  if (FitsOtherBlock(expected, file)) {
    return Error(
        ErrorKind::kMismatch, expected.name,
        fmt::format(
            "is {}, but {} in another block: a pruned model, with "
            "blocks that differ in width, is not supported; select other "
            "layers, or skip what was pruned",
            FormatShape(at->shape), FormatShape(expected.shape)));
  }
  return Error(
      ErrorKind::kMismatch, expected.name,
      fmt::format("is {} in the teacher's file, but {} in the teacher's model; "
                  "correct the teacher's model",
                  FormatShape(at->shape), FormatShape(expected.shape)));
}

std::string NoteOf(const TensorSpec& student, const InChansAdaptation& a) {
  return fmt::format(
      "the student's images have {} channel{}, the teacher's {}: {} is adapted "
      "as by timm, {}",
      a.to, a.to == 1 ? "" : "s", a.from, student.name,
      a.to == 1 ? "summed over the channels"
                : "the channels repeated and scaled");
}

// The first convolution, for the student's images.
void AdaptInChans(const ConfigPair& models, const Resampling& resampling,
                  MappedTensor& tensor) {
  const int64_t from = InChans(models.teacher);
  const int64_t to = InChans(models.student);
  if (from == to) return;
  tensor.in_chans = resampling.in_chans;
  if (tensor.in_chans) {
    tensor.note = NoteOf(tensor.student, *tensor.in_chans);
    return;
  }
  tensor.source = Error(
      ErrorKind::kMismatch, "in_chans",
      fmt::format("is {}, but the teacher takes {}-channel images, and "
                  "only weights of RGB images are adapted to others; give the "
                  "student in_chans {}, or skip patch_embed",
                  to, from, from));
}

MappedTensor MapTensor(const ConfigPair& models, const ParameterSpec& student,
                       const std::vector<TensorSpec>& file,
                       const Options& options, const Resampling& resampling) {
  MappedTensor tensor;
  tensor.student = student.spec;
  tensor.component = Name(student.component);
  tensor.init = InitFor(models.student, student, model::Initializer::kTimm);
  if (student.component == model::Component::kHead &&
      options.head == Head::kReset) {
    tensor.source = Reinitialised{"head=reset", tensor.init};
    return tensor;
  }
  const ParameterSpec* teacher = Counterpart(models, student);
  if (teacher == nullptr) {
    Replace(models, student, tensor);
    return tensor;
  }
  if (teacher->key != student.key && teacher->block < 0) {
    tensor.note = fmt::format(
        "{} is taken from the teacher's {}: the two models pool and normalise "
        "in a different order",
        student.spec.name, teacher->spec.name);
  }
  tensor.source = InFile(teacher->spec, file);
  tensor.axes = AxesOf(models, *teacher, student, options.official);
  if (HasAxis(student, Role::kTokens)) tensor.pos_embed = resampling.pos_embed;
  if (HasAxis(student, Role::kKernel)) {
    tensor.patch_embed = resampling.patch_embed;
  }
  if (HasAxis(student, Role::kImageChannels) && !options.official) {
    AdaptInChans(models, resampling, tensor);
  }
  return tensor;
}

// Why no tensor of the student is selected from this one of the file, if none
// is.
Unused ReasonUnused(const ConfigPair& models, const Options& options,
                    const std::string& name) {
  const auto teacher = std::ranges::find_if(
      models.teacher_parameters,
      [&](const ParameterSpec& p) { return p.spec.name == name; });
  if (teacher == models.teacher_parameters.end()) {
    return {name, fmt::format("not a tensor of a {}",
                              ArchitectureName(models.teacher))};
  }
  if (teacher->block >= 0 &&
      std::ranges::count(models.layers[teacher->stage], teacher->block) == 0) {
    return {name, std::string(kUnusedBlock)};
  }
  const bool same = std::ranges::any_of(
      models.student_parameters, [&](const ParameterSpec& student) {
        return student.key == teacher->key && student.stage == teacher->stage;
      });
  if (!same && teacher->component == model::Component::kAttnPool) {
    return {name, "attention pooling: the student pools in its own way"};
  }
  if (!same) return {name, "the student has no such tensor"};
  if (options.official) return {name, "the official rule skips 'head'"};
  return {name, teacher->component == model::Component::kHead &&
                        options.head == Head::kReset
                    ? "the student's head is re-initialised"
                    : "skipped"};
}

// What of the teacher's forward pass the student does not have.
void AddForwardNotes(const model::Config& teacher, const model::Config& student,
                     std::vector<std::string>& notes) {
  const auto extras = ForwardExtras(student);
  for (const std::string_view extra : ForwardExtras(teacher)) {
    if (std::ranges::find(extras, extra) != extras.end()) continue;
    notes.push_back(fmt::format(
        "the teacher has {}, the student does not: its activations will differ "
        "from the teacher's by more than selection causes",
        extra));
  }
}

}  // namespace

Plan PlanSelection(const model::Config& teacher,
                   const std::vector<TensorSpec>& teacher_tensors,
                   const model::Config& student, const Options& options,
                   const ImportanceScores& importance) {
  CheckArchitecture(teacher, student);
  if (!SkipsMlp(options)) CheckMlps(teacher, student);
  CheckOptions(student, options);
  const ConfigPair models{
      teacher, student, ParameterSpecs(teacher), ParameterSpecs(student),
      MapLayers(StageDepths(teacher), StageDepths(student), options.layers)};
  if (options.head == Head::kReuse) CheckReusedHead(models);
  ComponentMapping mapping{teacher, student, models.layers, {}, {}, {}};
  if (FixesHeadDim(teacher)) {
    RequireHeadDim(HeadsOf(teacher), HeadsOf(student));
  }
  const bool keeps_heads = KeepsHeads(teacher, student) && !options.official;
  if (!keeps_heads || options.heads != Heads::kFlat) {
    mapping.notes =
        CheckHeads(options.heads, HeadsOf(teacher), HeadsOf(student));
  } else {
    mapping.notes = CheckKeptHeads(HeadsOf(teacher), HeadsOf(student));
  }
  const Resampling resampling = ResamplingOf(models, options, mapping.notes);
  for (const ParameterSpec& parameter : models.student_parameters) {
    if (options.official && OfficialSkips(parameter.spec.name)) continue;
    mapping.tensors.push_back(
        MapTensor(models, parameter, teacher_tensors, options, resampling));
  }
  for (const TensorSpec& spec : teacher_tensors) {
    mapping.unused.push_back(ReasonUnused(models, options, spec.name));
  }
  Plan plan = PlanMapping(std::move(mapping), options, importance);
  AddForwardNotes(teacher, student, plan.notes);
  return plan;
}

}  // namespace wsel::select
