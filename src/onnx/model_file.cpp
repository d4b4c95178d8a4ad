// The messages and field numbers of onnx.proto (IR version 8 to 10).
#include "wsel/onnx/model_file.h"

#include <limits>
#include <utility>

#include "wire.h"
#include "wsel/core/error.h"
#include "wsel/core/version.h"

namespace wsel::onnx {
namespace {

// TensorProto.DataType
int64_t ElementType(DType dtype) {
  switch (dtype) {
    case DType::kU8:
      return 2;
    case DType::kI8:
      return 3;
    case DType::kI64:
      return 7;
    case DType::kF16:
      return 10;
    case DType::kF32:
      return 1;
    default:
      throw Error(ErrorKind::kMismatch, wsel::Name(dtype),
                  "is not an element type of the graphs written here");
  }
}

// The IR version that the operators came with.
int64_t IrVersion(int64_t opset) {
  if (opset >= 21) return 10;
  return opset >= 19 ? 9 : 8;
}

WireMessage AttributeProto(const Attribute& attribute) {
  enum Type { kFloat = 1, kInt = 2, kString = 3, kInts = 7 };
  WireMessage out;
  out.AddText(1, attribute.name);
  if (const auto* real = std::get_if<float>(&attribute.value)) {
    out.AddFloat(2, *real);
    out.AddInteger(20, kFloat);
  } else if (const auto* integer = std::get_if<int64_t>(&attribute.value)) {
    out.AddInteger(3, *integer);
    out.AddInteger(20, kInt);
  } else if (const auto* text = std::get_if<std::string>(&attribute.value)) {
    out.AddText(4, *text);
    out.AddInteger(20, kString);
  } else {
    for (const int64_t value :
         std::get<std::vector<int64_t>>(attribute.value)) {
      out.AddInteger(8, value);
    }
    out.AddInteger(20, kInts);
  }
  return out;
}

WireMessage NodeProto(const Node& node) {
  WireMessage out;
  for (const std::string& input : node.inputs) out.AddText(1, input);
  for (const std::string& output : node.outputs) out.AddText(2, output);
  out.AddText(3, node.name);
  out.AddText(4, node.op);
  for (const Attribute& attribute : node.attributes) {
    out.AddMessage(5, AttributeProto(attribute));
  }
  return out;
}

WireMessage TensorProto(const TensorView& tensor) {
  WireMessage out;
  for (const int64_t dim : tensor.spec.shape) out.AddInteger(1, dim);
  out.AddInteger(2, ElementType(tensor.spec.dtype));
  out.AddText(8, tensor.spec.name);
  out.AddBytes(9, tensor);
  return out;
}

WireMessage ValueInfoProto(const Port& port) {
  WireMessage shape;
  WireMessage batch;
  batch.AddText(2, "batch");  // dim_param
  shape.AddMessage(1, std::move(batch));
  for (const int64_t dim : port.shape) {
    WireMessage fixed;
    fixed.AddInteger(1, dim);  // dim_value
    shape.AddMessage(1, std::move(fixed));
  }
  WireMessage tensor;
  tensor.AddInteger(1, ElementType(port.dtype));
  tensor.AddMessage(2, std::move(shape));
  WireMessage type;
  type.AddMessage(1, std::move(tensor));
  WireMessage out;
  out.AddText(1, port.name);
  out.AddMessage(2, std::move(type));
  return out;
}

WireMessage GraphProto(const Graph& graph) {
  WireMessage out;
  for (const Node& node : graph.nodes) out.AddMessage(1, NodeProto(node));
  out.AddText(2, graph.name);
  for (const TensorView& tensor : graph.constants) {
    out.AddMessage(5, TensorProto(tensor));
  }
  out.AddMessage(11, ValueInfoProto(graph.input));
  out.AddMessage(12, ValueInfoProto(graph.output));
  return out;
}

WireMessage ModelProto(const Graph& graph,
                       const std::map<std::string, std::string>& metadata) {
  WireMessage out;
  out.AddInteger(1, IrVersion(graph.opset));
  out.AddText(2, "wsel");
  out.AddText(3, Version());
  out.AddMessage(7, GraphProto(graph));
  WireMessage opset;
  opset.AddText(1, "");  // the standard operators
  opset.AddInteger(2, graph.opset);
  out.AddMessage(8, std::move(opset));
  for (const auto& [key, value] : metadata) {
    WireMessage entry;
    entry.AddText(1, key);
    entry.AddText(2, value);
    out.AddMessage(14, std::move(entry));
  }
  return out;
}

}  // namespace

void WriteModel(
    const std::filesystem::path& path, const Graph& graph,
    const std::map<std::string, std::string>& metadata,
    const std::function<void(const std::filesystem::path&)>& verify) {
  const WireMessage model = ModelProto(graph, metadata);
  if (model.size() > std::numeric_limits<int32_t>::max()) {
    throw Error(ErrorKind::kMismatch, path.string(),
                "would take {} bytes, but an ONNX file has at most 2 GiB; "
                "export a smaller dtype",
                model.size());
  }
  AtomicFile file(path);
  model.WriteTo(file);
  file.Commit(verify);
}

}  // namespace wsel::onnx
