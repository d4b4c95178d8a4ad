#include "wsel/naming/kin_form.h"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "wsel/core/error.h"
#include "wsel/model/parameter_specs.h"
#include "wsel/tensor/view_shape.h"

namespace wsel::naming {
namespace {

// A tensor within its block, and what it may consist of along its first
// dimension. "0": zeros, shaped as the first.
struct Form {
  std::string_view name;
  std::array<std::string_view, 3> parts;
};

constexpr Form kForms[] = {
    {"attn.qkv.weight",
     {"attn.q_proj.weight", "attn.k_proj.weight", "attn.v_proj.weight"}},
    {"attn.qkv.bias", {"attn.q_bias", "0", "attn.v_bias"}},
    {"attn.qkv.bias", {"attn.q_proj.bias", "0", "attn.v_proj.bias"}},
    {"attn.q_bias", {"attn.q_proj.bias"}},
    {"attn.v_bias", {"attn.v_proj.bias"}},
    {"mlp.fc1.weight", {"mlp.fc1_g.weight", "mlp.fc1_x.weight"}},
    {"mlp.fc1.bias", {"mlp.fc1_g.bias", "mlp.fc1_x.bias"}},
    {"ls1.gamma", {"gamma_1"}},
    {"ls2.gamma", {"gamma_2"}},
    {"gamma_1", {"ls1.gamma"}},
    {"gamma_2", {"ls2.gamma"}},
};

struct Formed {
  TensorSpec spec;
  std::vector<std::string> parts;  // of the source; "": zeros
};

class FormedSource : public TensorSource {
 public:
  // `owned`: the tensors, if nobody else keeps them.
  FormedSource(const TensorSource& tensors, std::vector<Formed> formed,
               std::unique_ptr<TensorSource> owned = nullptr)
      : owned_(std::move(owned)), tensors_(tensors) {
    std::unordered_set<std::string> used;
    for (Formed& one : formed) {
      used.insert(one.parts.begin(), one.parts.end());
      specs_.push_back(one.spec);
      by_name_[one.spec.name] = std::move(one);
    }
    for (const TensorSpec& spec : tensors.Specs()) {
      if (!used.contains(spec.name)) specs_.push_back(spec);
    }
  }

  const std::vector<TensorSpec>& Specs() const override { return specs_; }

  TensorView View(std::string_view name) const override {
    const auto found = by_name_.find(std::string(name));
    if (found == by_name_.end()) return tensors_.View(name);
    std::vector<TensorView> parts;
    for (const std::string& part : found->second.parts) {
      parts.push_back(part.empty() ? ZerosLike(parts.front())
                                   : tensors_.View(part));
    }
    TensorView view =
        parts.size() == 1 ? parts.front() : Concatenate(name, parts);
    view.spec.name = name;
    return view;
  }

  void Release(std::string_view name) const override {
    const auto found = by_name_.find(std::string(name));
    if (found == by_name_.end()) return tensors_.Release(name);
    for (const std::string& part : found->second.parts) {
      if (!part.empty()) tensors_.Release(part);
    }
  }

 private:
  // Every floating-point type's 0 has no bit set.
  static TensorView ZerosLike(const TensorView& like) {
    const TensorView whole = Contiguous(like);
    const auto zeros =
        std::make_shared<std::vector<std::byte>>(whole.bytes.size());
    return {whole.spec, whole.strides, std::span<const std::byte>(*zeros),
            zeros};
  }

  std::unique_ptr<TensorSource> owned_;
  const TensorSource& tensors_;
  std::vector<TensorSpec> specs_;
  std::unordered_map<std::string, Formed> by_name_;
};

// The tensor made of those of a form, if the source has them and they fit.
std::optional<Formed> FormedBy(const Form& form, const std::string& block,
                               const TensorSpec& wanted,
                               const TensorSource& tensors) {
  Formed formed{wanted, {}};
  int64_t rows = 0;
  int64_t first = 0;
  for (const std::string_view part : form.parts) {
    if (part.empty()) continue;
    if (part == "0") {
      rows += first;
      formed.parts.emplace_back();
      continue;
    }
    const std::string name = block + std::string(part);
    const TensorSpec* spec = tensors.Find(name);
    if (spec == nullptr || spec->shape.empty()) return std::nullopt;
    const bool fits = spec->shape.size() == wanted.shape.size() &&
                      spec->shape[0] >= 0 &&
                      spec->shape[0] <= wanted.shape[0] &&
                      Shape(spec->shape.begin() + 1, spec->shape.end()) ==
                          Shape(wanted.shape.begin() + 1, wanted.shape.end());
    if (!fits) return std::nullopt;
    if (formed.parts.empty()) {
      first = spec->shape[0];
      formed.spec.dtype = spec->dtype;
    } else if (spec->dtype != formed.spec.dtype) {
      return std::nullopt;
    }
    rows += spec->shape[0];
    formed.parts.push_back(name);
  }
  if (rows != wanted.shape[0]) return std::nullopt;
  return formed;
}

// All of the config's tensors that the source lacks and can be made of others.
std::vector<Formed> FormedFor(const model::Config& wanted,
                              const TensorSource& tensors) {
  std::vector<Formed> formed;
  for (const model::ParameterSpec& parameter : ParameterSpecs(wanted)) {
    const TensorSpec& spec = parameter.spec;
    if (parameter.block < 0 || tensors.Find(spec.name) != nullptr) continue;
    for (const Form& form : kForms) {
      if (!spec.name.ends_with(form.name)) continue;
      const std::string block =
          spec.name.substr(0, spec.name.size() - form.name.size());
      auto made = FormedBy(form, block, spec, tensors);
      if (!made) continue;
      formed.push_back(std::move(*made));
      break;
    }
  }
  return formed;
}

}  // namespace

model::Config InFormOf(const model::Config& teacher,
                       const model::Config& student) {
  const auto* from = std::get_if<model::VitConfig>(&teacher);
  const auto* to = std::get_if<model::VitConfig>(&student);
  if (from == nullptr || to == nullptr) return teacher;
  model::VitConfig out = *from;
  const bool separate = from->qkv == model::Qkv::kSeparate;
  if (to->qkv == model::Qkv::kFused ||
      (to->qkv == model::Qkv::kQvBias && separate && from->qkv_bias)) {
    out.qkv = to->qkv;
  }
  if (from->mlp == model::MlpForm::kSwiGlu &&
      to->mlp == model::MlpForm::kSwiGluPacked) {
    out.mlp = to->mlp;
  }
  return out;
}

std::unique_ptr<TensorSource> WithForm(const TensorSource& tensors,
                                       const model::Config& wanted) {
  return std::make_unique<FormedSource>(tensors, FormedFor(wanted, tensors));
}

std::unique_ptr<TensorSource> WithForm(std::unique_ptr<TensorSource> tensors,
                                       const model::Config& wanted) {
  const TensorSource& source = *tensors;
  return std::make_unique<FormedSource>(source, FormedFor(wanted, source),
                                        std::move(tensors));
}

std::unique_ptr<TensorSource> WithLastNorm(
    std::unique_ptr<TensorSource> tensors, bool after_pooling) {
  const TensorSource& source = *tensors;
  const std::string from = after_pooling ? "norm." : "fc_norm.";
  const std::string to = after_pooling ? "fc_norm." : "norm.";
  std::vector<Formed> formed;
  for (const char* part : {"weight", "bias"}) {
    const TensorSpec* spec = source.Find(from + part);
    if (spec == nullptr || source.Find(to + part) != nullptr) continue;
    formed.push_back({{to + part, spec->shape, spec->dtype}, {spec->name}});
  }
  return std::make_unique<FormedSource>(source, std::move(formed),
                                        std::move(tensors));
}

}  // namespace wsel::naming
