#include "mat_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <matio.h>

#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include "wsel/core/error.h"
#include "wsel/core/mapped_file.h"

namespace wsel::data {

struct MatFile::Handle {
  explicit Handle(mat_t* opened) : mat(opened) {}
  ~Handle() {
    if (mat != nullptr) Mat_Close(mat);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  mat_t* mat;
  size_t file_bytes = 0;
};

// A variable of which the header was read and found good.
struct MatFile::Variable {
  std::unique_ptr<matvar_t, void (*)(matvar_t*)> info;
  std::vector<size_t> shape;
  size_t count;  // elements
};

MatFile::MatFile(const std::filesystem::path& path) : path_(path) {
  size_t size = 0;
  {
    const MappedFile file(path);
    size = file.bytes().size();
    const std::string_view text(
        reinterpret_cast<const char*>(file.bytes().data()), size);
    // Matio reads MATLAB 4 and 7.3 (HDF5) too, but no data set is such a file.
    if (!text.starts_with("MATLAB 5.0 MAT-file")) {
      Refuse("is no MATLAB 5 file");
    }
  }
  handle_ = std::make_unique<Handle>(Mat_Open(path.c_str(), MAT_ACC_RDONLY));
  if (handle_->mat == nullptr || Mat_GetVersion(handle_->mat) != MAT_FT_MAT5) {
    Refuse("is no MATLAB 5 file, or its header is broken");
  }
  handle_->file_bytes = size;
}

MatFile::~MatFile() = default;

void MatFile::Refuse(const std::string& message) const {
  throw Error(ErrorKind::kFormat, path_.string(), message);
}

MatFile::Variable MatFile::Find(const std::string& name) {
  Variable found{
      {Mat_VarReadInfo(handle_->mat, name.c_str()), Mat_VarFree}, {}, 1};
  const matvar_t* info = found.info.get();
  if (info == nullptr) {
    Refuse(fmt::format("has no variable '{}': it is another file of this name",
                       name));
  }
  if (info->class_type < MAT_C_DOUBLE || info->class_type > MAT_C_UINT64 ||
      info->isComplex != 0 || info->rank < 2 || info->rank > 8) {
    Refuse(fmt::format("variable '{}' is no real array of numbers", name));
  }
  // Deflate makes at most 1,032 bytes of one.
  const size_t most = handle_->file_bytes * 1032;
  found.shape.assign(info->dims, info->dims + info->rank);
  for (const size_t dim : found.shape) {
    if (dim == 0 || found.count > most / dim) {
      Refuse(
          fmt::format("variable '{}' claims a shape of {}, which this file "
                      "cannot hold",
                      name, fmt::join(found.shape, " x ")));
    }
    found.count *= dim;
  }
  if (found.count > static_cast<size_t>(std::numeric_limits<int>::max())) {
    Refuse(fmt::format("variable '{}' is too large", name));
  }
  return found;
}

template <typename T>
std::vector<T> MatFile::Read(const Variable& variable) {
  matvar_t* info = variable.info.get();
  const auto read_over = [&](T filling) {
    std::vector<T> values(variable.count, filling);
    if (Mat_VarReadDataLinear(handle_->mat, info, values.data(), 0, 1,
                              static_cast<int>(variable.count)) != 0) {
      Refuse(fmt::format("variable '{}' is broken or cut short", info->name));
    }
    return values;
  };
  // Where the file ends early, matio says nothing and leaves what was there.
  std::vector<T> values = read_over(0);
  if (values != read_over(1)) {
    Refuse(fmt::format("variable '{}' is cut short", info->name));
  }
  return values;
}

std::vector<uint8_t> MatFile::Bytes(const std::string& name,
                                    const std::vector<size_t>& leading) {
  const Variable variable = Find(name);
  std::vector<size_t> shape = variable.shape;
  if (shape.size() == leading.size()) shape.push_back(1);
  if (variable.info->class_type != MAT_C_UINT8 ||
      shape.size() != leading.size() + 1 ||
      !std::equal(leading.begin(), leading.end(), shape.begin())) {
    Refuse(fmt::format("variable '{}' is no array of bytes of shape {} x N",
                       name, fmt::join(leading, " x ")));
  }
  return Read<uint8_t>(variable);
}

std::vector<double> MatFile::Numbers(const std::string& name) {
  const Variable variable = Find(name);
  if (variable.shape.size() != 2 ||
      (variable.shape[0] != 1 && variable.shape[1] != 1)) {
    Refuse(fmt::format("variable '{}' is no vector", name));
  }
  const auto as_double = [](const auto& values) {
    return std::vector<double>(values.begin(), values.end());
  };
  switch (variable.info->class_type) {
    case MAT_C_UINT8:
      return as_double(Read<uint8_t>(variable));
    case MAT_C_UINT16:
      return as_double(Read<uint16_t>(variable));
    case MAT_C_UINT32:
      return as_double(Read<uint32_t>(variable));
    case MAT_C_INT16:
      return as_double(Read<int16_t>(variable));
    case MAT_C_INT32:
      return as_double(Read<int32_t>(variable));
    case MAT_C_INT64:
      return as_double(Read<int64_t>(variable));
    case MAT_C_SINGLE:
      return as_double(Read<float>(variable));
    case MAT_C_DOUBLE:
      return Read<double>(variable);
    default:
      Refuse(fmt::format("variable '{}' has an unusual type", name));
  }
}

std::vector<int64_t> MatFile::Integers(const std::string& name, int64_t least,
                                       int64_t most) {
  std::vector<int64_t> integers;
  for (const double number : Numbers(name)) {
    if (!(number >= static_cast<double>(least)) ||
        number > static_cast<double>(most) || number != std::floor(number)) {
      Refuse(fmt::format("{}({}) is {}, not a whole number from {} to {}", name,
                         integers.size() + 1, number, least, most));
    }
    integers.push_back(static_cast<int64_t>(number));
  }
  return integers;
}

}  // namespace wsel::data
