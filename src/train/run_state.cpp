#include "wsel/train/run_state.h"

#include <ATen/ATen.h>

#include <map>

#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/json_object.h"
#include "wsel/tensor/torch_bridge.h"
#include "wsel/train/write_tensors.h"

namespace wsel::train {
namespace {

constexpr const char* kProgressKey = "wsel.progress";

template <typename P, typename Visitor>
void VisitFields(P& progress, Visitor&& visit) {
  visit("step", progress.step);
  visit("loss_sum", progress.loss_sum);
  visit("best_top1", progress.best_top1);
  visit("best_top5", progress.best_top5);
  visit("best_epoch", progress.best_epoch);
  visit("best_ema_top1", progress.best_ema_top1);
  visit("last_top1", progress.last_top1);
  visit("last_top5", progress.last_top5);
  visit("last_loss", progress.last_loss);
  visit("seconds", progress.seconds);
  visit("metrics_bytes", progress.metrics_bytes);
  visit("summary_bytes", progress.summary_bytes);
}

std::string ToText(const Progress& progress) {
  nlohmann::ordered_json json;
  VisitFields(progress,
              [&](const char* key, const auto& value) { json[key] = value; });
  return json.dump();
}

Progress FromText(const std::string& text, const std::string& where) {
  const auto json = ParseJson(text, where, ErrorKind::kFormat);
  JsonObject object(json, where, ErrorKind::kFormat);
  Progress progress;
  VisitFields(progress, [&](const char* key, auto& value) {
    value = object.Get<std::remove_reference_t<decltype(value)>>(key);
  });
  object.Finish();
  return progress;
}

}  // namespace

void SaveState(const std::filesystem::path& path, const Progress& progress,
               const optim::NamedTensors& tensors) {
  WriteTensors(path, tensors, {{kProgressKey, ToText(progress)}});
}

SavedState LoadState(const std::filesystem::path& path) {
  const auto file = checkpoint::Open(path);
  const auto found = file->metadata().find(kProgressKey);
  if (found == file->metadata().end()) {
    throw Error(ErrorKind::kFormat, path.string(),
                "is not the state of a run: it does not say how far it came");
  }
  SavedState state;
  state.progress = FromText(found->second, path.string() + ": " + kProgressKey);
  for (const TensorSpec& spec : file->Specs()) {
    state.tensors.push_back({spec.name, Borrow(file->View(spec.name)).clone()});
  }
  return state;
}

}  // namespace wsel::train
