#include "config_pair.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <utility>

#include "convnext_replacement.h"
#include "wsel/model/adapt_in_chans.h"
#include "wsel/model/init.h"

namespace wsel::select {
namespace {

using model::Component;
using model::ParameterSpec;
using model::Role;

// The final norm has another name before pooling than after it.
constexpr std::pair<std::string_view, std::string_view> kFinalNorms[] = {
    {"norm.", "fc_norm."},
    {"fc_norm.", "norm."},
    {"head.norm.", "norm_pre."},
    {"norm_pre.", "head.norm."}};

// timm's Eva calls its layer scales otherwise than its VisionTransformer.
constexpr std::pair<std::string_view, std::string_view> kLayerScales[] = {
    {"blocks.{}.ls1.gamma", "blocks.{}.gamma_1"},
    {"blocks.{}.ls2.gamma", "blocks.{}.gamma_2"},
    {"blocks.{}.gamma_1", "blocks.{}.ls1.gamma"},
    {"blocks.{}.gamma_2", "blocks.{}.ls2.gamma"}};
// The norm of a ConvNeXt's stem, after one convolution or several.
constexpr std::array<std::string_view, 3> kStemNorms = {"stem.1.", "stem.2.",
                                                        "stem.3."};

const ParameterSpec* Find(const std::vector<ParameterSpec>& parameters,
                          const std::string& key, int stage, int64_t block) {
  const auto at = std::ranges::find_if(parameters, [&](const auto& p) {
    return p.block == block && p.stage == stage && p.key == key;
  });
  return at == parameters.end() ? nullptr : &*at;
}

// Whether two parameters of equal names are the same part of a model: stems of
// two kinds have equal names for different convolutions.
bool IsSamePart(const ParameterSpec& a, const ParameterSpec& b) {
  if (a.component != b.component) return false;
  // One may have trailing dimensions of 1 that the other lacks.
  for (size_t i = 0; i < std::min(a.axes.size(), b.axes.size()); ++i) {
    if (a.axes[i].role != b.axes[i].role) return false;
  }
  return true;
}

// The teacher's norm after its stem, for the student's.
const ParameterSpec* StemNorm(const ConfigPair& models,
                              const ParameterSpec& student) {
  if (student.component != Component::kNorm) return nullptr;
  for (const std::string_view name : kStemNorms) {
    if (!student.key.starts_with(name)) continue;
    for (const std::string_view other : kStemNorms) {
      const std::string rest = student.key.substr(name.size());
      const auto* found =
          Find(models.teacher_parameters, std::string(other) + rest, -1, -1);
      if (found != nullptr && found->component == Component::kNorm) {
        return found;
      }
    }
  }
  return nullptr;
}

// A role that is selected along.
struct SelectedRole {
  Role role;
  DimensionRole as;
  std::string_view name;
  std::string_view label;
};

constexpr SelectedRole kSelectedRoles[] = {
    {Role::kWidth, DimensionRole::kWidth, "width", "width"},
    {Role::kAttnInner, DimensionRole::kAttention, "attn", "attention width"},
    {Role::kMlpHidden, DimensionRole::kHidden, "mlp", "MLP width"},
    {Role::kPoolInner, DimensionRole::kHidden, "attn_pool",
     "width of attention pooling"},
    {Role::kPoolHidden, DimensionRole::kHidden, "attn_pool_mlp",
     "MLP width of attention pooling"},
    {Role::kHeadChannel, DimensionRole::kAttention, "attn", "head dimension"},
    {Role::kHeads, DimensionRole::kAttention, "attn", "number of heads"},
    {Role::kHeadPairs, DimensionRole::kAttention, "attn",
     "rotated pairs of a head"},
    // Outside of blocks: one index set, as for a width.
    {Role::kStemHidden, DimensionRole::kWidth, "stem", "stem width"},
    {Role::kHeadHidden, DimensionRole::kWidth, "pre_logits",
     "hidden layer of the head"},
};

const SelectedRole& RoleOf(Role role) {
  return *std::ranges::find(kSelectedRoles, role, &SelectedRole::role);
}

const model::VitConfig* VitOf(const model::Config& config) {
  return std::get_if<model::VitConfig>(&config);
}

HeadPart PartOf(Role role) {
  switch (role) {
    case Role::kHeadChannel:
      return HeadPart::kOneHead;
    case Role::kHeads:
      return HeadPart::kHeads;
    case Role::kHeadPairs:
      return HeadPart::kPairs;
    default:
      return HeadPart::kAll;
  }
}

// How the teacher's rotary positions order the channels of a head, or those of
// a student of which the teacher has none.
HeadLayout LayoutOf(const ConfigPair& models) {
  for (const model::Config* config : {&models.teacher, &models.student}) {
    const model::VitConfig* vit = VitOf(*config);
    if (vit == nullptr || vit->rope == model::Rope::kNone) continue;
    if (vit->rope == model::Rope::kMixed) return HeadLayout::kMixedPairs;
    return vit->rope_rotate_half ? HeadLayout::kHalves : HeadLayout::kPairs;
  }
  return HeadLayout::kAny;
}

bool HasMixedRope(const model::Config& config) {
  const model::VitConfig* vit = VitOf(config);
  return vit != nullptr && vit->rope == model::Rope::kMixed;
}

std::string BlockName(const ParameterSpec& tensor) {
  return tensor.key.starts_with("stages.")
             ? fmt::format("stages.{}.blocks.{}", tensor.stage, tensor.block)
             : fmt::format("blocks.{}", tensor.block);
}

// One with positions that have no role: of the official rule, which selects
// along all that differ, or fixed.
MappedAxis AxisBySizes(int64_t from, int64_t to, DimensionRole role,
                       size_t at) {
  return {.name = fmt::format("{} of {}", to, from),
          .label = fmt::format("dimension {}", at),
          .role = role,
          .from = from,
          .to = to};
}

MappedAxis SelectedAxis(const ConfigPair& models, const SelectedRole& role,
                        const ParameterSpec& student, const model::Axis& of) {
  MappedAxis axis;
  axis.name = role.name;
  axis.label = role.label;
  if (StageDepths(models.student).size() > 1) {
    axis.name += fmt::format(".{}", of.stage);
    axis.label += fmt::format(" of stage {}", of.stage);
  }
  axis.role = role.as;
  // Hidden channels of different blocks are unrelated. Learnt frequencies are
  // of one tensor for all, so their heads are the same in all.
  const bool shared =
      role.as == DimensionRole::kAttention && HasMixedRope(models.teacher);
  if (role.as != DimensionRole::kWidth && student.block >= 0 && !shared) {
    axis.name_in_block = fmt::format("{}.{}", BlockName(student), role.name);
  }
  axis.groups = of.groups;
  axis.from_heads = HeadsOf(models.teacher);
  axis.to_heads = HeadsOf(models.student);
  if (role.as != DimensionRole::kAttention) return axis;
  axis.part = PartOf(role.role);
  axis.keeps_heads = KeepsHeads(models.teacher, models.student);
  axis.layout = LayoutOf(models);
  return axis;
}

// The parts of a parallel block's projections: the MLP's hidden channels and
// attention's of q, k and v, or attention's and then the MLP's.
MappedAxis PartedAxis(const ConfigPair& models, const ParameterSpec& teacher,
                      const ParameterSpec& student, size_t at) {
  const model::VitConfig& from = *VitOf(models.teacher);
  const model::VitConfig& to = *VitOf(models.student);
  const bool mlp_first = student.axes[at].role == Role::kMlpAndQkv;
  MappedAxis hidden = SelectedAxis(models, RoleOf(Role::kMlpHidden), student,
                                   {Role::kMlpHidden});
  hidden.from = from.MlpHidden();
  hidden.to = to.MlpHidden();
  MappedAxis attn = SelectedAxis(models, RoleOf(Role::kAttnInner), student,
                                 {Role::kAttnInner, 0, mlp_first ? 3 : 1});
  attn.from = from.embed_dim;
  attn.to = to.embed_dim;
  MappedAxis axis;
  axis.name = mlp_first ? "mlp+qkv" : "attn+mlp";
  if (student.block >= 0) {
    axis.name_in_block = fmt::format("{}.{}", BlockName(student), axis.name);
  }
  axis.label = "channels of attention and MLP";
  axis.role = DimensionRole::kHidden;
  axis.from = teacher.spec.shape[at];
  axis.to = student.spec.shape[at];
  axis.parts =
      mlp_first ? std::vector{hidden, attn} : std::vector{attn, hidden};
  return axis;
}

// The blocks of a tensor of all.
MappedAxis BlocksAxis(const ConfigPair& models) {
  MappedAxis axis;
  axis.name = "blocks";
  axis.label = "number of blocks";
  axis.role = DimensionRole::kHidden;
  axis.from = StageDepths(models.teacher)[0];
  axis.to = StageDepths(models.student)[0];
  axis.fixed = models.layers[0];
  return axis;
}

bool AreParts(Role role) {
  return role == Role::kMlpAndQkv || role == Role::kAttnAndMlp;
}

// Nothing if the layouts are equal.
std::optional<PosEmbedResample> PosEmbedOf(const model::Config& teacher,
                                           const model::Config& student,
                                           std::vector<std::string>& notes) {
  const model::Tokens teacher_tokens = TokensOf(teacher);
  const model::Tokens student_tokens = TokensOf(student);
  const auto& from = teacher_tokens.positioned_prefix;
  const auto& to = student_tokens.positioned_prefix;
  if (from == to && teacher_tokens.grid == student_tokens.grid) {
    return std::nullopt;
  }
  // Without learnt positions in both models there is nothing to resample.
  if (!HasPosEmbed(teacher) || !HasPosEmbed(student)) return std::nullopt;
  PosEmbedResample resample;
  for (const std::string& token : to) {
    const auto at = std::ranges::find(from, token);
    resample.prefix.push_back(at == from.end() ? -1 : at - from.begin());
    if (at == from.end()) {
      notes.push_back(fmt::format(
          "the teacher has no position for {}: the student's is zeros", token));
    }
  }
  resample.teacher_prefix = static_cast<int64_t>(from.size());
  resample.from_grid = teacher_tokens.grid;
  resample.to_grid = student_tokens.grid;
  return resample;
}

}  // namespace

const ParameterSpec* Counterpart(const ConfigPair& models,
                                 const ParameterSpec& student) {
  const int64_t block =
      student.block < 0 ? -1 : models.layers[student.stage][student.block];
  const auto& parameters = models.teacher_parameters;
  const ParameterSpec* found =
      Find(parameters, student.key, student.stage, block);
  for (const auto& [name, other] : kFinalNorms) {
    if (found != nullptr || !student.key.starts_with(name)) continue;
    const std::string rest = student.key.substr(name.size());
    found = Find(parameters, std::string(other) + rest, -1, -1);
  }
  for (const auto& [name, other] : kLayerScales) {
    if (found != nullptr || student.key != name) continue;
    found = Find(parameters, std::string(other), student.stage, block);
  }
  // A ViT's parameters of one name are the same part.
  if (StageDepths(models.student).size() == 1) return found;
  if (found != nullptr && IsSamePart(*found, student)) return found;
  return StemNorm(models, student);
}

bool KeepsHeads(const model::Config& teacher, const model::Config& student) {
  return NeedsHeads(teacher) || NeedsHeads(student);
}

namespace {

// What of a ViT replaces positions, pooling and norms that the teacher has not:
// its reason and note; or nothing.
std::optional<std::string> WithoutInTeacher(const ConfigPair& models,
                                            const ParameterSpec& student) {
  const std::string& name = student.spec.name;
  const model::VitConfig* teacher = VitOf(models.teacher);
  if (teacher == nullptr) return std::nullopt;
  if (name == "pos_embed") {
    return "the teacher has rotary positions and no pos_embed";
  }
  if (name == "rope.freqs") return "the teacher has no learnt frequencies";
  // The norm of attention pooling is of the component of norms.
  const bool pools = teacher->pooling == model::Pooling::kAttention;
  if (student.component == Component::kAttnPool ||
      (name.starts_with("attn_pool.") && !pools)) {
    return "the teacher has no attention pooling";
  }
  if (student.component != Component::kNorm) return std::nullopt;
  if (name.ends_with(".bias") && teacher->norm == model::Norm::kRmsNorm) {
    return "the teacher's norms are RMSNorms, without a bias";
  }
  const bool final = name.starts_with("norm.") || name.starts_with("fc_norm.");
  if (final && !teacher->final_norm) return "the teacher has no final norm";
  return std::nullopt;
}

const char* WhyNoClassifier(const model::Config& teacher,
                            const std::string& name) {
  if (NumClasses(teacher) == 0) {
    return "the teacher has no classifier to reuse; use head=reset";
  }
  return name.starts_with("head_dist.")
             ? "the teacher has no distillation token, and so no classifier "
               "for it to reuse; use head=reset"
             : "only one of teacher and student has a hidden layer before the "
               "classifier (head_hidden_size); use head=reset";
}

}  // namespace

void Replace(const ConfigPair& models, const ParameterSpec& student,
             MappedTensor& tensor) {
  const std::string& name = student.spec.name;
  if (ReplaceInConvNext(models, student, tensor)) return;
  if (student.component == Component::kHead) {
    tensor.source = Error(ErrorKind::kMismatch, name,
                          WhyNoClassifier(models.teacher, name));
  } else if (student.component == Component::kLayerScale) {
    tensor.source = Reinitialised{"identity: the teacher has no layer scale",
                                  model::Init{.value = 1}};
  } else if (student.component == Component::kTokens) {
    tensor.source = Reinitialised{
        "the teacher has no such token",
        InitFor(models.student, student, model::Initializer::kTimm)};
    tensor.note = fmt::format(
        "the teacher has no {}: it is initialised as timm would", name);
  } else if (const auto reason = WithoutInTeacher(models, student)) {
    tensor.source = Reinitialised{
        *reason, InitFor(models.student, student, model::Initializer::kTimm)};
    if (!name.ends_with(".bias")) {
      tensor.note =
          fmt::format("{}: {} is initialised as timm would", *reason, name);
    }
  } else if (name.ends_with(".bias") && student.component != Component::kNorm) {
    tensor.source = Reinitialised{"identity: the teacher has no bias here", {}};
  } else {
    tensor.source = NoCounterpart(name);
  }
}

std::vector<MappedAxis> AxesOf(const ConfigPair& models,
                               const ParameterSpec& teacher,
                               const ParameterSpec& student, bool official) {
  // One model may have trailing dimensions of 1 that the other lacks.
  std::vector<MappedAxis> axes(teacher.axes.size());
  const size_t rank = std::min(teacher.axes.size(), student.axes.size());
  for (size_t at = 0; at < rank; ++at) {
    const int64_t from = teacher.spec.shape[at];
    const int64_t to = student.spec.shape[at];
    const model::Axis& of = student.axes[at];
    const auto role =
        std::ranges::find(kSelectedRoles, of.role, &SelectedRole::role);
    if (official) {
      axes[at] = AxisBySizes(from, to, DimensionRole::kWidth, at);
    } else if (AreParts(of.role)) {
      axes[at] = PartedAxis(models, teacher, student, at);
    } else if (of.role == Role::kBlocks) {
      axes[at] = BlocksAxis(models);
    } else if (role != std::end(kSelectedRoles)) {
      axes[at] = SelectedAxis(models, *role, student, of);
      axes[at].from = from / of.groups;
      axes[at].to = to / of.groups;
    } else if (of.role != Role::kTokens && of.role != Role::kKernel &&
               of.role != Role::kImageChannels) {
      axes[at] = AxisBySizes(from, to, DimensionRole::kFixed, at);
    }
  }
  return axes;
}

bool OfficialSkips(const std::string& name) {
  return name.find("head") != std::string::npos;
}

HeadSplit HeadsOf(const model::Config& config) {
  const int64_t heads = NumHeads(config);
  return heads == 0 ? HeadSplit{}
                    : HeadSplit{heads, NumFeatures(config) / heads};
}

Resampling ResamplingOf(const ConfigPair& models, const Options& options,
                        std::vector<std::string>& notes) {
  Resampling resampling;
  if (options.official) return resampling;
  resampling.pos_embed = PosEmbedOf(models.teacher, models.student, notes);
  const int64_t from = PatchSize(models.teacher);
  const int64_t to = PatchSize(models.student);
  if (from != to) {
    resampling.patch_embed = PatchEmbedResample{from, to, options.patch_resize};
  }
  const int64_t from_chans = InChans(models.teacher);
  const int64_t to_chans = InChans(models.student);
  if (from_chans != to_chans && model::CanAdaptInChans(from_chans)) {
    resampling.in_chans = InChansAdaptation{from_chans, to_chans};
  }
  return resampling;
}

}  // namespace wsel::select
