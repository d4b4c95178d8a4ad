#include "wsel/train/run_state.h"

#include <ATen/ATen.h>

#include "wsel/checkpoint/checkpoint.h"
#include "wsel/checkpoint/writer.h"
#include "wsel/core/json_object.h"
#include "wsel/run/metadata_keys.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::train {
namespace {

// What older versions did not save.
template <typename S, typename Visitor>
void VisitNewFields(S& state, Visitor&& visit) {
  visit("best_ema_epoch", state.best_ema_epoch);
  visit("best_balanced_accuracy", state.best_balanced_accuracy);
  visit("best_macro_f1", state.best_macro_f1);
  visit("test_top1", state.test_top1);
  visit("test_top5", state.test_top5);
  visit("test_loss", state.test_loss);
  visit("test_balanced_accuracy", state.test_balanced_accuracy);
  visit("test_macro_f1", state.test_macro_f1);
  visit("test_ema_top1", state.test_ema_top1);
  visit("test_average_top1", state.test_average_top1);
  visit("best_subset_accuracy", state.best_subset_accuracy);
  visit("test_subset_accuracy", state.test_subset_accuracy);
  visit("wandb_bytes", state.wandb_bytes);
}

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
  const auto add = [&](const char* key, const auto& value) {
    json[key] = value;
  };
  VisitFields(state, add);
  VisitNewFields(state, add);
  return json.dump();
}

TrainerState FromText(const std::string& text, const std::string& where) {
  const auto json = ParseJson(text, where, ErrorKind::kFormat);
  JsonObject object(json, where, ErrorKind::kFormat);
  TrainerState state;
  VisitFields(state, [&](const char* key, auto& value) {
    value = object.Get<std::remove_reference_t<decltype(value)>>(key);
  });
  VisitNewFields(state, [&](const char* key, auto& value) {
    value = object.GetOr<std::remove_reference_t<decltype(value)>>(key, value);
  });
  object.Finish();
  return state;
}

optim::NamedTensors TensorsOf(const checkpoint::Checkpoint& file) {
  optim::NamedTensors tensors;
  for (const TensorSpec& spec : file.Specs()) {
    tensors.push_back({spec.name, Borrow(file.View(spec.name)).clone()});
  }
  return tensors;
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

optim::NamedTensors ReadTensors(const std::filesystem::path& path) {
  return TensorsOf(*checkpoint::Open(path));
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
  saved.tensors = TensorsOf(*file);
  return saved;
}

}  // namespace wsel::train
