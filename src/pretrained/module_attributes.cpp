#include "module_attributes.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>

namespace wsel::pretrained {
namespace {

// "blocks.0.norm1." of "blocks.0.norm1.eps"
std::string_view ModuleOf(std::string_view name) {
  return name.substr(0, name.rfind('.') + 1);
}

template <typename T>
std::optional<T> Number(const std::string& text) {
  T value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc() || stop != end) return std::nullopt;
  return value;
}

// The attributes of modules that have tensors of the model, or submodules that
// do: an optimizer has an eps too.
class Attributes {
 public:
  Attributes(const checkpoint::Checkpoint& file,
             const naming::RemappedStateDict& remapped)
      : metadata_(file.metadata()), prefix_(remapped.prefix) {
    for (const naming::UsedKey& key : remapped.used) {
      std::string_view owner = ModuleOf(key.name);
      while (!owner.empty() && modules_.insert(std::string(owner)).second) {
        owner = ModuleOf(owner.substr(0, owner.size() - 1));
      }
    }
  }

  // Of the whole model.
  std::optional<std::string> Own(const std::string& name) const {
    const auto found = metadata_.find(prefix_ + name);
    if (found == metadata_.end()) return std::nullopt;
    return found->second;
  }

  // What all modules below it that have the attribute say; nothing if they
  // differ.
  std::optional<std::string> OfAll(std::string_view name,
                                   bool of_activation = false) const {
    std::optional<std::string> common;
    for (const auto& [key, value] : metadata_) {
      std::string_view owner = ModuleOf(key);
      if (std::string_view{key}.substr(owner.size()) != name) continue;
      if (of_activation && !owner.empty()) {
        owner = ModuleOf(owner.substr(0, owner.size() - 1));
      }
      if (owner.size() <= prefix_.size() ||
          !modules_.contains(std::string(owner))) {
        continue;
      }
      if (common && *common != value) return std::nullopt;
      common = value;
    }
    return common;
  }

 private:
  const std::map<std::string, std::string>& metadata_;
  const std::string& prefix_;
  std::set<std::string> modules_;
};

// Of a traced module, which has lost its attributes.
void ReadTracedHeads(const checkpoint::Checkpoint& file,
                     const naming::RemappedStateDict& remapped,
                     model::Hints& hints) {
  const auto found =
      file.metadata().find(std::string(checkpoint::kTracedHeads));
  const TensorSpec* qkv = remapped.tensors->Find("blocks.0.attn.qkv.weight");
  if (found == file.metadata().end() || qkv == nullptr ||
      qkv->shape.size() != 2) {
    return;
  }
  const auto heads = Number<int64_t>(found->second);
  if (heads && *heads > 0 && qkv->shape[1] % *heads == 0) {
    hints.num_heads = heads;
  }
}

void ReadActivation(const Attributes& attributes, ModuleAttributes& out) {
  const auto approximate = attributes.OfAll("approximate", true);
  if (approximate == "none") {
    out.hints.activation = model::Activation::kGelu;
  } else if (approximate) {
    out.unsupported.push_back(
        fmt::format("its activation, GELU approximated by {}, is not supported",
                    *approximate));
  }
}

void ReadPooling(const Attributes& attributes, ModuleAttributes& out) {
  const auto pooling = attributes.Own("global_pool");
  if (pooling == "token") out.hints.pooling = model::Pooling::kToken;
  // With fc_norm, which its tensors show, it is kAverage.
  if (pooling == "avg") out.hints.pooling = model::Pooling::kNormedAverage;
}

}  // namespace

ModuleAttributes AttributesOf(const checkpoint::Checkpoint& file,
                              const naming::RemappedStateDict& remapped) {
  ModuleAttributes out;
  const Attributes attributes(file, remapped);
  for (const char* name : {"num_heads", "num_attention_heads"}) {
    const auto text = attributes.OfAll(name);
    const auto heads = text ? Number<int64_t>(*text) : std::nullopt;
    if (heads && *heads > 0) out.hints.num_heads = heads;
  }
  if (!out.hints.num_heads) ReadTracedHeads(file, remapped, out.hints);
  if (const auto text = attributes.OfAll("eps")) {
    const auto eps = Number<double>(*text);
    if (eps && *eps > 0 && *eps < 1) out.hints.norm_eps = eps;
  }
  ReadActivation(attributes, out);
  ReadPooling(attributes, out);
  const auto height = attributes.Own("patch_embed.img_size.0");
  const auto width = attributes.Own("patch_embed.img_size.1");
  if (height && width) {
    const auto h = Number<int64_t>(*height);
    const auto w = Number<int64_t>(*width);
    if (h && w) out.hints.img_size = HeightWidth(*h, *w);
  }
  return out;
}

}  // namespace wsel::pretrained
