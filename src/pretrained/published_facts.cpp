#include "published_facts.h"

#include <fmt/format.h>

#include <algorithm>

#include "activation_names.h"
#include "wsel/core/error.h"

namespace wsel::pretrained {
namespace {

std::string LabelOf(const Published& published) {
  return "timm's " + published.Name();
}

// The value that all of the tags have; nullopt if they differ.
template <typename F>
auto CommonOf(std::span<const PublishedTag> tags, const F& value)
    -> std::optional<std::decay_t<decltype(value(tags.front()))>> {
  if (tags.empty()) return std::nullopt;
  const auto first = value(tags.front());
  const bool same = std::ranges::all_of(
      tags, [&](const PublishedTag& tag) { return value(tag) == first; });
  if (!same) return std::nullopt;
  return first;
}

template <typename T>
void State(std::optional<Stated<T>>& value, const std::optional<T>& found,
           const std::string& label) {
  if (value || !found) return;
  value = Stated<T>{.value = *found, .file = label, .by_name = true};
}

template <typename T>
void Fill(std::optional<Stated<T>>& value,
          const std::optional<Stated<T>>& found) {
  if (!value) value = found;
}

// timm publishes weights that were trained with QuickGELU under two names: as a
// model with exact GELU, and as one with QuickGELU.
void AddQuickGeluRemark(const Published& published, const std::string& label,
                        Beside& beside) {
  constexpr std::string_view kClip = "_clip_";
  const bool by_name = beside.activation && beside.activation->by_name;
  std::string name = published.Name();
  const size_t at = name.find(kClip);
  if (published.tag == nullptr || !by_name || at == std::string::npos) return;
  name.insert(at + kClip.size(), "quickgelu_");
  const auto twin = FindPublished(name);
  if (!twin || twin->tag == nullptr) return;
  beside.remarks.push_back(fmt::format(
      "{} has exact GELU, as timm runs it; its weights were trained with "
      "QuickGELU, as {} has",
      label, name));
}

void AddModel(const PublishedModel& model, const std::string& label,
              Beside& beside) {
  State(beside.norm_eps, std::optional(model.norm_eps), label);
  if (model.num_heads > 0) {
    State(beside.num_heads, std::optional(model.num_heads), label);
  }
  const auto activation = ActivationNamed(model.activation);
  if (activation) {
    State(beside.activation, activation, label);
  } else if (!beside.activation) {
    beside.unsupported.push_back(fmt::format(
        "{}: its activation, {}, is not supported", label, model.activation));
  }
  const auto config = model.Config();
  const auto pooling = config ? PoolingOf(*config) : std::nullopt;
  if (!pooling) return;
  State(beside.pooling, std::optional(PoolingHint(*pooling)), label);
}

}  // namespace

model::Pooling PoolingHint(model::Pooling pooling) {
  return pooling == model::Pooling::kAverage ? model::Pooling::kNormedAverage
                                             : pooling;
}

Beside ImageFactsOf(const Published& published) {
  const std::string label = LabelOf(published);
  const auto tags = published.tag != nullptr ? std::span(published.tag, 1)
                                             : TagsOf(*published.model);
  Beside facts;
  const auto state = [&](auto& value, const auto& of_tag) {
    State(value, CommonOf(tags, of_tag), label);
  };
  const auto values = [](const std::array<double, 3>& rgb) {
    return image::ChannelValues(rgb.begin(), rgb.end());
  };
  state(facts.mean,
        [&](const PublishedTag& t) { return values(t.normalisation.mean); });
  state(facts.std,
        [&](const PublishedTag& t) { return values(t.normalisation.std); });
  state(facts.crop_pct, [](const PublishedTag& t) { return t.crop_pct; });
  state(facts.img_size, [](const PublishedTag& t) { return t.img_size; });
  state(facts.interpolation, [](const PublishedTag& t) {
    return image::Interpolations().Find(t.interpolation, t.model);
  });
  state(facts.crop_mode, [](const PublishedTag& t) {
    return image::CropModes().Find(t.crop_mode, t.model);
  });
  return facts;
}

void AddPublished(const Published& published, bool takes_config,
                  Beside& beside) {
  const std::string label = LabelOf(published);
  const Beside images = ImageFactsOf(published);
  Fill(beside.mean, images.mean);
  Fill(beside.std, images.std);
  Fill(beside.crop_pct, images.crop_pct);
  Fill(beside.crop_mode, images.crop_mode);
  Fill(beside.img_size, images.img_size);
  Fill(beside.interpolation, images.interpolation);
  AddModel(*published.model, label, beside);
  AddQuickGeluRemark(published, label, beside);
  if (takes_config || published.model->hidden.empty()) return;
  beside.unsupported.push_back(
      fmt::format("{} has {}, which is not supported here", label,
                  published.model->hidden));
}

}  // namespace wsel::pretrained
