// Torch-free.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wsel/tensor/source.h"

namespace wsel::checkpoint {

enum class Container {
  kSafetensors,
  kShardedSafetensors,
  kTorchZip,
  kShardedTorch,
  kTorchScript,
  kLegacyTorch,
  kNpz
};

// "safetensors", "torch zip", "legacy torch", ...
std::string_view Name(Container container);

// Whether `name` is a valid tensor name: UTF-8, 1 to 1024 bytes, without
// control characters, which could drive the terminal that prints them.
bool IsTensorName(std::string_view name);

// A tensor of a kind that is not supported (complex, sparse, quantised,
// big-endian), with the reason.
struct UnsupportedTensor {
  std::string name;
  std::string reason;
};

// An open checkpoint file. Its table of contents is read and validated on
// opening; tensors are memory-mapped and read only through View().
class Checkpoint : public TensorSource {
 public:
  virtual Container container() const = 0;
  virtual const std::filesystem::path& path() const = 0;
  // The file, followed by its shards if it is an index.
  virtual std::vector<std::filesystem::path> files() const = 0;
  // Total size of files(), in bytes.
  virtual uint64_t file_size() const = 0;
  // The bytes that describe which tensors there are and where: the header of a
  // safetensors file, the pickle and the central directory of a zip, an index
  // and its shards' headers.
  virtual std::span<const std::byte> header() const = 0;
  // Values stored beside the tensors: safetensors' __metadata__, or the scalars
  // and strings of a pickle under dotted names ("epoch" -> "300", "args.model"
  // -> "vit_tiny").
  virtual const std::map<std::string, std::string>& metadata() const = 0;
  // Tensors that cannot be read; they are not among Specs(), and View() of one
  // throws kFormat with the reason. Open() fails if a file has no others.
  virtual const std::vector<UnsupportedTensor>& unsupported() const = 0;
};

// Before the names of a frozen TorchScript module's tensors, which are numbered
// constants of its code: "constants.0".
inline constexpr std::string_view kFrozenPrefix = "constants.";

// The key of metadata() that has the number of attention heads which a traced
// TorchScript module's code states.
inline constexpr std::string_view kTracedHeads = "code.num_heads";

// Opens a checkpoint. The container is detected from the content, not from the
// file name. Tensors inside nested dictionaries and lists, or in a TorchScript
// module's attributes, have dotted names ("model.blocks.0.norm1.weight"); a
// bare tensor is called "tensor". Opening the index of a sharded checkpoint
// opens all its files. Errors: kIo if a file cannot be read; kFormat, with file
// and location, if the container is unknown or the file corrupt.
std::unique_ptr<Checkpoint> Open(const std::filesystem::path& path);

}  // namespace wsel::checkpoint
