#include "wsel/plot/gnuplot.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/core/output_tail.h"
#include "wsel/core/subprocess.h"

namespace wsel::plot {
namespace {

[[noreturn]] void ThrowErrno() {
  throw Error(ErrorKind::kIo, "gnuplot",
              std::generic_category().message(errno));
}

struct Close {
  void operator()(FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<FILE, Close>;

// Anonymous files instead of pipes: neither process can block the other, and a
// child that exits early does not raise SIGPIPE.
File Temporary() {
  File file(std::tmpfile());
  if (!file) ThrowErrno();
  return file;
}

File Holding(std::string_view text) {
  File file = Temporary();
  if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() ||
      std::fseek(file.get(), 0, SEEK_SET) != 0) {
    ThrowErrno();
  }
  return file;
}

std::string ContentOf(FILE* file) {
  if (std::fseek(file, 0, SEEK_SET) != 0) ThrowErrno();
  std::string content;
  std::array<char, 65536> buffer;
  while (const size_t n = std::fread(buffer.data(), 1, buffer.size(), file)) {
    content.append(buffer.data(), n);
  }
  return content;
}

}  // namespace

std::string GnuplotText(std::string_view text) {
  constexpr std::string_view kPlain = " ._-/(),:=+";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ') {
      quoted += ' ';
    } else if (byte > 127 || std::isalnum(byte) != 0 ||
               kPlain.find(c) != std::string_view::npos) {
      quoted += c;
    } else {
      quoted += fmt::format("\\{:03o}", byte);
    }
  }
  return quoted + "\"";
}

std::optional<std::string> RunGnuplot(std::string_view script) {
  const File in = Holding(script);
  const File out = Temporary();
  const File err = Temporary();
  const ExitStatus status =
      Subprocess({"gnuplot", "--default-settings"},
                 {fileno(in.get()), fileno(out.get()), fileno(err.get())})
          .Wait();
  if (status.code == kCannotExecute) return std::nullopt;
  if (status.code != 0) {
    throw Error(ErrorKind::kIo, "gnuplot", "failed: {}",
                LastError(ContentOf(err.get())));
  }
  return ContentOf(out.get());
}

bool DrawPng(const std::filesystem::path& path, std::string_view script) {
  const auto png = RunGnuplot(script);
  if (!png) return false;
  // A gnuplot without the requested terminal prints an error but exits with 0.
  if (!png->starts_with("\x89PNG")) {
    throw Error(ErrorKind::kIo, "gnuplot",
                "did not produce a PNG for {}; install a gnuplot with the "
                "pngcairo terminal, such as the package gnuplot-nox",
                path.string());
  }
  WriteTextFile(path, *png);
  return true;
}

}  // namespace wsel::plot
