#include "named_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <unordered_set>
#include <utility>

#include "published_facts.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/naming/kin_form.h"

namespace wsel::pretrained {
namespace {

// The file beside a checkpoint comes before its path.
std::optional<Published> NamedBy(const PretrainedCheckpoint& checkpoint) {
  const auto& architecture = checkpoint.beside.architecture;
  if (architecture) {
    if (auto found = FindPublished(architecture->value)) return found;
  }
  return PublishedAt(checkpoint.file->path());
}

int64_t DepthOf(const model::Config& config) {
  const auto depths = StageDepths(config);
  return std::accumulate(depths.begin(), depths.end(), int64_t{0});
}

// SwiGLU, or timm's Eva: the activation is part of the form.
bool HasOwnActivation(const model::Config& config) {
  const auto* vit = std::get_if<model::VitConfig>(&config);
  return vit != nullptr && (vit->IsEva() || vit->mlp != model::MlpForm::kMlp);
}

// Whether the detected image size is more than an assumption.
bool KnowsImageSize(const PretrainedCheckpoint& checkpoint,
                    const model::Config& published) {
  const auto* vit = std::get_if<model::VitConfig>(&published);
  return vit == nullptr || vit->pos_embed || checkpoint.beside.img_size ||
         checkpoint.stated.img_size;
}

// The published config with what is known of this file: its classes, image
// size, and what a file beside it or the user replaces.
std::optional<model::Config> ConfigFor(const PretrainedCheckpoint& checkpoint) {
  std::optional<model::Config> config = checkpoint.published->model->Config();
  model::Config detected = checkpoint.model->config;
  if (!config || config->index() != detected.index()) return std::nullopt;
  const model::ConfigFields ours = FieldsOf(*config);
  const model::ConfigFields theirs = FieldsOf(detected);
  if (KnowsImageSize(checkpoint, *config)) ours.img_size = theirs.img_size;
  ours.norm_eps = theirs.norm_eps;
  if (ours.num_heads != nullptr) *ours.num_heads = *theirs.num_heads;
  if (ours.activation != nullptr && !HasOwnActivation(*config)) {
    *ours.activation = *theirs.activation;
  }
  SetNumClasses(*config, NumClasses(detected));
  return config;
}

// Whether the file has all tensors of the config, and of the model that was
// detected no others.
bool HasTensorsOf(const PretrainedCheckpoint& checkpoint,
                  const model::Config& config) {
  if (!MissingKeys(checkpoint, config).empty()) return false;
  std::unordered_set<std::string> names;
  for (const auto& tensor : ParameterSpecs(config)) {
    names.insert(tensor.spec.name);
  }
  const auto detected = ParameterSpecs(checkpoint.model->config);
  return std::ranges::all_of(detected, [&](const auto& tensor) {
    return names.contains(tensor.spec.name) ||
           checkpoint.remapped.tensors->Find(tensor.spec.name) == nullptr;
  });
}

// Of models without positions the tensors do not show it.
void SetImageSize(const Beside& beside, model::Detection& detection) {
  model::Config& config = detection.config;
  if (!beside.img_size || TokensOf(config).grid.Area() > 0) return;
  const HeightWidth& size = beside.img_size->value;
  constexpr int64_t kLargest = 1 << 14;
  if (size.Shorter() < 1 || size.Longer() > kLargest) return;
  FieldsOf(config).img_size = size;
  std::erase_if(detection.assumptions, [](const std::string& assumption) {
    return assumption.starts_with("image size ");
  });
}

// timm feeds images of 384 px to a ViT of patches of 14, which cover 378.
void RemarkOnUncovered(const model::Config& config, Beside& beside) {
  const auto& size = beside.img_size;
  if (!size || TokensOf(config).grid.Area() == 0) return;
  const HeightWidth& stated = size->value;
  const int64_t patch = PatchSize(config);
  const HeightWidth covered = {stated.height / patch * patch,
                               stated.width / patch * patch};
  if (covered == stated || covered != ImageSize(config)) return;
  beside.remarks.push_back(
      fmt::format("{}: its images have {} px, of which its patches cover {}; "
                  "here they have {}",
                  size->file, stated, covered, covered));
}

// Whether a file beside the checkpoint states another pooling than the
// published model's, as of one that was fine-tuned; timm's config.json always
// states one.
bool PoolsOtherwise(const Beside& beside, const model::Config& published) {
  const auto* vit = std::get_if<model::VitConfig>(&published);
  const auto& pooling = beside.pooling;
  if (vit == nullptr || !pooling || pooling->by_name) return false;
  return pooling->value != PoolingHint(vit->pooling);
}

std::string FileName(const PretrainedCheckpoint& checkpoint) {
  return checkpoint.file->path().filename().string();
}

}  // namespace

void NameAsEva(const model::Config& config, PretrainedCheckpoint& checkpoint) {
  const auto* vit = std::get_if<model::VitConfig>(&config);
  naming::RemappedStateDict& remapped = checkpoint.remapped;
  if (vit == nullptr || !vit->IsEva() || remapped.source != "DeiT III") return;
  remapped.tensors = naming::WithForm(std::move(remapped.tensors), config);
  remapped.source = "timm's EVA";
  for (auto& used : remapped.used) {
    for (const auto& [theirs, evas] :
         {std::pair(".ls1.gamma", ".gamma_1"), {".ls2.gamma", ".gamma_2"}}) {
      if (!used.timm.ends_with(theirs)) continue;
      used.timm.replace(used.timm.rfind(theirs), std::string::npos, evas);
    }
  }
}

void UsePublished(PretrainedCheckpoint& checkpoint) {
  const auto named = NamedBy(checkpoint);
  if (!named) return;
  const model::Config& config = checkpoint.model->config;
  const int64_t width = NumFeatures(config);
  const int64_t depth = DepthOf(config);
  const PublishedModel& model = *named->model;
  if (model.width != width || model.depth != depth) {
    checkpoint.beside.remarks.push_back(fmt::format(
        "{} is a model of width {} and depth {}, this one has {} and {}; the "
        "name is not used",
        named->Name(), model.width, model.depth, width, depth));
    return;
  }
  checkpoint.published = named;
  if (const auto published = model.Config()) NameAsEva(*published, checkpoint);
  const auto fitting = ConfigFor(checkpoint);
  AddPublished(*named, fitting && HasTensorsOf(checkpoint, *fitting),
               checkpoint.beside);
}

void TakePublishedConfig(PretrainedCheckpoint& checkpoint) {
  if (!checkpoint.model) return;
  model::Detection& detection = *checkpoint.model;
  SetImageSize(checkpoint.beside, detection);
  RemarkOnUncovered(detection.config, checkpoint.beside);
  if (!checkpoint.published) return;
  const auto config = ConfigFor(checkpoint);
  if (!config || PoolsOtherwise(checkpoint.beside, *config)) return;
  if (!HasTensorsOf(checkpoint, *config)) return;
  detection.config = *config;
  detection.assumptions.clear();
  detection.knows_heads = true;
}

std::string ReasonByName(const PretrainedCheckpoint& checkpoint) {
  const auto named = NamedBy(checkpoint);
  if (!named || named->model->forms.empty()) return "";
  if (named->model->Config()) return "";  // its forms are supported
  return fmt::format("timm's {} has {}", named->Name(), named->model->forms);
}

void CheckLookAlikes(PretrainedCheckpoint& checkpoint) {
  if (!checkpoint.model || checkpoint.published) return;
  const auto* vit = std::get_if<model::VitConfig>(&checkpoint.model->config);
  if (vit == nullptr) return;
  const bool named_deit =
      FileName(checkpoint).find("deit") != std::string::npos;
  if (checkpoint.remapped.source == "DeiT III" && !named_deit) {
    checkpoint.remapped.warnings.emplace_back(
        "DeiT III, not timm's vit_*_rope_ape, which has equal tensors and "
        "rotary positions");
  }
  // Of the published models only vit_base_patch16_rpn_224 is like this; one of
  // its size is taken for it, others may be either.
  const bool like_rpn = !vit->class_token && !vit->qkv_bias &&
                        vit->pooling == model::Pooling::kAverage &&
                        vit->layer_scale == 0 && vit->reg_tokens == 0 &&
                        vit->block == model::BlockForm::kPreNorm &&
                        vit->rope == model::Rope::kNone;
  if (!like_rpn) return;
  checkpoint.model.reset();
  checkpoint.unsupported_reason =
      "has tensors as timm's vit_base_patch16_rpn_224, which has "
      "post-norm blocks, and as a model with usual ones; `model` or "
      "`teacher_model` "
      "can say which, as a JSON file with or without \"block\": \"post-norm\"";
}

}  // namespace wsel::pretrained
