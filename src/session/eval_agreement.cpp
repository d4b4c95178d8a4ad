#include "eval_agreement.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "wsel/core/sha256.h"
#include "wsel/model/config_json.h"
#include "wsel/model/parameter_specs.h"

namespace wsel::session {
namespace {

using pretrained::FactText;

// Enough to tell files apart in a message.
std::string ShortHex(Sha256& digest) { return digest.Hex().substr(0, 12); }

// Whatever the container, and whatever else it holds.
std::string DigestOfWeights(const EvalCheckpoint& opened) {
  Sha256 digest;
  for (const auto& parameter : ParameterSpecs(opened.facts.model)) {
    const TensorView view =
        opened.checkpoint.remapped.tensors->View(parameter.spec.name);
    digest.Update(fmt::format("{} {} {}\n", view.spec.name,
                              fmt::join(view.spec.shape, ","),
                              fmt::join(view.strides, ",")));
    digest.Update(view.bytes);
  }
  return ShortHex(digest);
}

std::string DigestOfImages(const data::Dataset& test) {
  Sha256 digest;
  for (int64_t i = 0; i < test.size(); ++i) {
    const auto index = static_cast<size_t>(i);
    digest.Update(
        fmt::format("{} {}\n", test.PathBelowRoot(i), test.labels[index]));
    if (!test.multi_label()) continue;
    digest.Update(fmt::format("{}\n", fmt::join(test.label_sets[index], ",")));
  }
  return ShortHex(digest);
}

}  // namespace

Statements StatementsOf(const EvalRequest& request,
                        const EvalCheckpoint& opened) {
  const pretrained::Facts& facts = opened.facts;
  return {
      {"model", model::ToJson(facts.model)},
      {"checkpoint", "weights " + DigestOfWeights(opened)},
      {"mean", FactText(facts.mean_std.mean.value)},
      {"std", FactText(facts.mean_std.std.value)},
      {"crop_pct", FactText(facts.crop_pct.value)},
      {"crop_mode", FactText(facts.crop_mode.value)},
      {"interpolation", FactText(facts.interpolation.value)},
      {"pass_order", FactText(facts.pass_order.value)},
      {"class_order",
       std::string(pretrained::ClassOrders().NameOf(request.class_order))},
      {"precision", std::string(train::Precisions().NameOf(request.precision))},
      {"tta", std::string(AllTestViews().NameOf(request.views))},
      {"batch_size", std::to_string(request.batch_size)},
      {"skip_corrupt", request.data.skip_corrupt ? "true" : "false"}};
}

Statements StatementsOf(const data::Dataset& test) {
  Sha256 classes;
  for (const std::string& name : test.classes) classes.Update(name + "\n");
  return {{"dataset", test.name},
          {"num_images", std::to_string(test.size())},
          {"classes",
           fmt::format("{}, {}", test.classes.size(), ShortHex(classes))},
          {"images", "names and labels " + DigestOfImages(test)}};
}

}  // namespace wsel::session
