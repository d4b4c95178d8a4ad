#include "write_tensors.h"

#include <ATen/core/Tensor.h>

#include "wsel/checkpoint/writer.h"
#include "wsel/tensor/torch_bridge.h"

namespace wsel::train {

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

}  // namespace wsel::train
