#include "wsel/checkpoint/writer.h"

#include <cstring>
#include <unordered_set>

#include "container_writers.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/checkpoint/format_error.h"
#include "wsel/core/utf8.h"

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
      ThrowFormatError(where, "is not a valid tensor name");
    }
    if (!names.insert(spec.name).second) {
      ThrowFormatError(where, "two tensors would have this name");
    }
    if (!ByteCount(spec)) {
      ThrowFormatError(where,
                       "has the shape {}, which is negative or overflows",
                       FormatShape(spec.shape));
    }
  }
}

void CheckMetadata(const std::map<std::string, std::string>& metadata,
                   const std::string& path) {
  for (const auto& [key, value] : metadata) {
    if (!IsUtf8(key) || !IsUtf8(value)) {
      ThrowFormatError(path, "metadata {} is not UTF-8", Quoted(key));
    }
  }
}

// `bytes`, checked against the sizes in the specs.
TensorBytes Checked(const std::vector<TensorSpec>& specs,
                    const TensorBytes& bytes, const std::string& path) {
  return [&specs, &bytes, &path](size_t i) {
    const auto span = bytes(i);
    const size_t expected = *ByteCount(specs[i]);
    if (span.size() != expected) {
      ThrowFormatError(AtTensor(path, specs[i].name),
                       "{} {} takes {} bytes, got {}", Name(specs[i].dtype),
                       FormatShape(specs[i].shape), expected, span.size());
    }
    return span;
  };
}

[[noreturn]] void ThrowNotIdentical(const std::string& where) {
  ThrowFormatError(where,
                   "the written file does not read back identically, so "
                   "nothing was replaced; check the disk");
}

// Compares the data itself rather than checksums, which is stricter and faster.
void Verify(const std::filesystem::path& temporary,
            const std::vector<TensorSpec>& specs, const TensorBytes& bytes,
            const std::map<std::string, std::string>& metadata,
            const std::string& path) {
  const auto written = Open(temporary);
  if (written->Specs() != specs || written->metadata() != metadata) {
    ThrowNotIdentical(path);
  }
  for (size_t i = 0; i < specs.size(); ++i) {
    const TensorView view = written->View(specs[i].name);
    const auto expected = bytes(i);
    if (!view.IsContiguous() || view.bytes.size() != expected.size() ||
        (!expected.empty() && std::memcmp(view.bytes.data(), expected.data(),
                                          expected.size()) != 0)) {
      ThrowNotIdentical(AtTensor(path, specs[i].name));
    }
    written->Release(specs[i].name);
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
