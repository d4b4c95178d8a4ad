#include "part_of_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

namespace wsel::pretrained {
namespace {

// "model-00001-of-00002.safetensors", as save_pretrained names shards.
std::string LoneShard(const checkpoint::Checkpoint& file) {
  static const std::regex kShard(
      "(.*)-0*([0-9]{1,5})-of-0*([0-9]{1,5})(\\..*)");
  const std::string name = file.path().filename().string();
  std::smatch match;
  if (!std::regex_match(name, match, kShard) || match[3] == "1") return "";
  return fmt::format(
      "is shard {} of {}, which has only a part of the tensors; use the index "
      "beside it, {}{}.index.json",
      match[2].str(), match[3].str(), match[1].str(), match[4].str());
}

bool IsFlat(const TensorSpec& spec) {
  return spec.name.ends_with("flat_param") ||
         spec.name.find("flat_param_") != std::string::npos;
}

bool IsFrozen(const checkpoint::Checkpoint& file) {
  return file.container() == checkpoint::Container::kTorchScript &&
         std::ranges::all_of(file.Specs(), [](const TensorSpec& spec) {
           return spec.name.starts_with(checkpoint::kFrozenPrefix);
         });
}

}  // namespace

std::string PartOfModel(const checkpoint::Checkpoint& file) {
  if (IsFrozen(file)) {
    return "is a frozen TorchScript module: its weights have no names; use "
           "the model from before torch.jit.freeze (as a teacher in "
           "distillation it runs as it is)";
  }
  if (std::ranges::any_of(file.Specs(), IsFlat)) {
    return "has FSDP's flat parameters, which cannot be split into single "
           "tensors; save it with StateDictType.FULL_STATE_DICT "
           "(torch.distributed.fsdp)";
  }
  return LoneShard(file);
}

}  // namespace wsel::pretrained
