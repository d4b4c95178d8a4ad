// Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace wsel::data {

// A MATLAB 5 file (.mat), read by matio. Its other formats, and variables that
// are no plain real arrays of numbers, are refused before anything is read.
class MatFile {
 public:
  // Errors: kIo; kFormat.
  explicit MatFile(const std::filesystem::path& path);
  ~MatFile();
  MatFile(const MatFile&) = delete;
  MatFile& operator=(const MatFile&) = delete;

  // An array of bytes, columns first, whose shape is [leading..., N]; a last
  // dimension of 1 is not stored. Errors: kFormat where it is not there, of
  // another shape, or larger than the file can hold.
  std::vector<uint8_t> Bytes(const std::string& name,
                             const std::vector<size_t>& leading);

  // A vector (N x 1 or 1 x N) of whole numbers from `least` to `most`, of any
  // type. Errors: the same, and for numbers outside.
  std::vector<int64_t> Integers(const std::string& name, int64_t least,
                                int64_t most);

 private:
  struct Variable;
  Variable Find(const std::string& name);
  template <typename T>
  std::vector<T> Read(const Variable& variable);
  std::vector<double> Numbers(const std::string& name);
  [[noreturn]] void Refuse(const std::string& message) const;

  std::filesystem::path path_;
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

}  // namespace wsel::data
