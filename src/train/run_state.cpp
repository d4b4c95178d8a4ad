#include "wsel/train/run_state.h"

#include <ATen/ATen.h>

#include "wsel/checkpoint/checkpoint.h"
#include "wsel/checkpoint/writer.h"
#include "wsel/core/json_object.h"
#include "wsel/run/metadata_keys.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::train {
namespace {

template <typename S, typename Visitor>
void VisitFields(S& state, Visitor&& visit) {
  visit("step", state.step);
  visit("loss_sum", state.loss_sum);
  visit("best_top1", state.best_top1);
  visit("best_top5", state.best_top5);
  visit("best_epoch", state.best_epoch);
  visit("best_ema_top1", state.best_ema_top1);
  visit("last_top1", state.last_top1);
  visit("last_top5", state.last_top5);
  visit("last_loss", state.last_loss);
  visit("seconds", state.seconds);
  visit("metrics_bytes", state.metrics_bytes);
  visit("summary_bytes", state.summary_bytes);
}

std::string ToText(const TrainerState& state) {
  nlohmann::ordered_json json;
  VisitFields(state,
              [&](const char* key, const auto& value) { json[key] = value; });
  return json.dump();
}

TrainerState FromText(const std::string& text, const std::string& where) {
  const auto json = ParseJson(text, where, ErrorKind::kFormat);
  JsonObject object(json, where, ErrorKind::kFormat);
  TrainerState state;
  VisitFields(state, [&](const char* key, auto& value) {
    value = object.Get<std::remove_reference_t<decltype(value)>>(key);
  });
  object.Finish();
  return state;
}

}  // namespace

std::string StateToBytes(const TrainerState& state) { return ToText(state); }

TrainerState BytesToState(const std::string& bytes) {
  return FromText(bytes, "the first rank's state");
}

void WriteTensors(const std::filesystem::path& path,
                  const optim::NamedTensors& tensors,
                  const std::map<std::string, std::string>& metadata) {
  std::vector<TensorSpec> specs;
  for (const auto& [name, tensor] : tensors) {
    specs.push_back(
        {name, tensor.sizes().vec(), FromScalarType(tensor.scalar_type())});
  }
  checkpoint::Write(
      path, specs, [&](size_t i) { return BytesOf(tensors[i].tensor); },
      metadata);
}

void SaveState(const std::filesystem::path& path, const TrainerState& state,
               const optim::NamedTensors& tensors,
               std::map<std::string, std::string> metadata) {
  metadata[run::kProgressKey] = ToText(state);
  WriteTensors(path, tensors, metadata);
}

SavedState LoadState(const std::filesystem::path& path) {
  const auto file = checkpoint::Open(path);
  const auto found = file->metadata().find(run::kProgressKey);
  if (found == file->metadata().end()) {
    throw Error(ErrorKind::kFormat, path.string(),
                "is not the state of a run: its metadata has no {}",
                run::kProgressKey);
  }
  SavedState saved;
  saved.state =
      FromText(found->second, path.string() + ": " + run::kProgressKey);
  for (const TensorSpec& spec : file->Specs()) {
    saved.tensors.push_back({spec.name, Borrow(file->View(spec.name)).clone()});
  }
  return saved;
}

}  // namespace wsel::train
