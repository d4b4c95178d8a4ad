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

// A tensor that is in a file but of a kind that is not read (complex, sparse,
// quantised, big-endian), with the reason.
struct Unread {
  std::string name;
  std::string reason;
};

// An open checkpoint file. Its table of contents is read and checked on
// opening; tensors are memory-mapped and touched only through View().
class Checkpoint : public TensorSource {
 public:
  virtual Container container() const = 0;
  virtual const std::filesystem::path& path() const = 0;
  // The file, and behind it those that it names where it is an index.
  virtual std::vector<std::filesystem::path> files() const = 0;
  // Bytes of all of them.
  virtual uint64_t file_size() const = 0;
  // The bytes that say which tensors there are and where: the header of a
  // safetensors file, the pickle and the central directory of a zip, an index
  // and its files' headers.
  virtual std::span<const std::byte> header() const = 0;
  // What the file says of itself beside its tensors: safetensors'
  // __metadata__, or the scalars and strings of a pickle under dotted names
  // ("epoch" -> "300", "args.model" -> "vit_tiny").
  virtual const std::map<std::string, std::string>& metadata() const = 0;
  // Tensors that are not among Specs(), since they cannot be read. They do not
  // hurt the others; who asks View() for one gets kFormat with the reason. A
  // file that has nothing else is refused.
  virtual const std::vector<Unread>& unread() const = 0;
};

// Opens a file as what its content shows it to be; its name plays no part.
// Tensors inside nested dictionaries and lists, or in a TorchScript module's
// attributes, have dotted names ("model.blocks.0.norm1.weight"); a file that is
// one tensor calls it "tensor". The index of a checkpoint in several files
// opens them all. Errors: kIo where it cannot be read; kFormat, with file and
// place, where it is none of the containers or its content contradicts itself.
std::unique_ptr<Checkpoint> Open(const std::filesystem::path& path);

}  // namespace wsel::checkpoint
