#include "wsel/checkpoint/writer.h"

#include <fmt/format.h>

#include <cstring>
#include <unordered_set>

#include "wsel/checkpoint/checkpoint.h"
#include "wsel/checkpoint/containers.h"
#include "wsel/checkpoint/refusal.h"
#include "wsel/checkpoint/utf8.h"

namespace wsel::checkpoint {
namespace {

bool IsTorchName(const std::filesystem::path& path) {
  const auto extension = path.extension();
  return extension == ".pth" || extension == ".pt" || extension == ".bin";
}

void CheckSpecs(const std::vector<TensorSpec>& specs, const std::string& path) {
  std::unordered_set<std::string_view> names;
  for (const TensorSpec& spec : specs) {
    const std::string where = AtTensor(path, spec.name);
    if (!IsTensorName(spec.name) || spec.name == "__metadata__") {
      Refuse(where, "no tensor can have this name");
    }
    if (!names.insert(spec.name).second) {
      Refuse(where, "two tensors would have this name");
    }
    if (!ElementCount(spec.shape)) {
      Refuse(where, fmt::format("the shape {} has no element count",
                                FormatShape(spec.shape)));
    }
  }
}

void CheckMetadata(const std::map<std::string, std::string>& metadata,
                   const std::string& path) {
  for (const auto& [key, value] : metadata) {
    if (!IsUtf8(key) || !IsUtf8(value)) {
      Refuse(path, fmt::format("metadata {} is not UTF-8", Quoted(key)));
    }
  }
}

// `bytes`, held to what the specs promise.
TensorBytes Checked(const std::vector<TensorSpec>& specs,
                    const TensorBytes& bytes, const std::string& path) {
  return [&specs, &bytes, &path](size_t i) {
    const auto span = bytes(i);
    const size_t want = static_cast<size_t>(*ElementCount(specs[i].shape)) *
                        SizeOf(specs[i].dtype);
    if (span.size() != want) {
      Refuse(AtTensor(path, specs[i].name),
             fmt::format("{} {} takes {} bytes, {} were given",
                         Name(specs[i].dtype), FormatShape(specs[i].shape),
                         want, span.size()));
    }
    return span;
  };
}

[[noreturn]] void ThrowUnlike(const std::string& where) {
  Refuse(where,
         "what was written does not read back the same, so nothing was "
         "replaced; is the disk sound?");
}

// Compared with the numbers themselves rather than with a checksum of them,
// which is both stricter and faster.
void Verify(const std::filesystem::path& temporary,
            const std::vector<TensorSpec>& specs, const TensorBytes& bytes,
            const std::map<std::string, std::string>& metadata,
            const std::string& path) {
  const auto written = Open(temporary);
  if (written->Specs() != specs || written->metadata() != metadata) {
    ThrowUnlike(path);
  }
  for (size_t i = 0; i < specs.size(); ++i) {
    const TensorView view = written->View(specs[i].name);
    const auto want = bytes(i);
    if (!view.IsContiguous() || view.bytes.size() != want.size() ||
        (!want.empty() &&
         std::memcmp(view.bytes.data(), want.data(), want.size()) != 0)) {
      ThrowUnlike(AtTensor(path, specs[i].name));
    }
    written->Drop(specs[i].name);
  }
}

}  // namespace

void Write(const std::filesystem::path& path,
           const std::vector<TensorSpec>& specs, const TensorBytes& bytes,
           const std::map<std::string, std::string>& metadata) {
  const std::string name = path.string();
  CheckSpecs(specs, name);
  CheckMetadata(metadata, name);
  const TensorBytes checked = Checked(specs, bytes, name);
  AtomicFile file(path);
  const auto write = IsTorchName(path) ? WriteTorchZip : WriteSafetensors;
  write(file, specs, checked, metadata);
  file.Commit([&](const std::filesystem::path& temporary) {
    Verify(temporary, specs, checked, metadata, name);
  });
}

}  // namespace wsel::checkpoint
