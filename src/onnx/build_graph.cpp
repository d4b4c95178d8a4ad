#include "graph_builder.h"
#include "networks.h"
#include "wsel/core/error.h"

namespace wsel::onnx {

void CheckExportable(const model::Config& config, const GraphOptions& options) {
  if (options.opset < kMinOpset || options.opset > kMaxOpset) {
    throw Error(ErrorKind::kUsage, "opset",
                "is {}; these graphs can be written for {} to {}",
                options.opset, kMinOpset, kMaxOpset);
  }
  if (options.dtype != DType::kF32 && options.dtype != DType::kF16) {
    throw Error(ErrorKind::kUsage, "dtype",
                "is {}; a graph is float32 or float16",
                wsel::Name(options.dtype));
  }
  if (options.ranges && options.dtype != DType::kF32) {
    throw Error(ErrorKind::kUsage, "dtype",
                "must be float32 with int8 layers: what is not int8 stays so");
  }
  if (NumClasses(config) == 0) {
    throw Error(ErrorKind::kMismatch, NameOf(config),
                "has no classifier, so that it has no logits to export; "
                "train one first (wsel train --init)");
  }
}

Graph BuildGraph(const model::Config& config, const TensorSource& weights,
                 const GraphOptions& options) {
  CheckExportable(config, options);
  GraphBuilder builder(config, weights, options);
  const std::string images = builder.Input(ImageSize(config), InChans(config));
  const std::string logits = std::visit(
      [&](const auto& c) { return AddNetwork(c, builder, images); }, config);
  builder.Output(logits, NumClasses(config));
  return builder.Take();
}

}  // namespace wsel::onnx
