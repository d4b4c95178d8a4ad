#include "wsel/core/gnuplot.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/core/signals.h"

extern char** environ;

namespace wsel {
namespace {

[[noreturn]] void Throw(std::string_view message) {
  throw Error(ErrorKind::kIo, "gnuplot", message);
}

[[noreturn]] void ThrowCode(int code) {
  Throw(std::generic_category().message(code));
}

struct Close {
  void operator()(FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<FILE, Close>;

// Anonymous files instead of pipes: neither process can block the other, and a
// child that exits early does not raise SIGPIPE.
File Temporary() {
  File file(std::tmpfile());
  if (!file) ThrowCode(errno);
  return file;
}

File Holding(std::string_view text) {
  File file = Temporary();
  if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() ||
      std::fflush(file.get()) != 0) {
    ThrowCode(errno);
  }
  std::rewind(file.get());
  return file;
}

std::string ContentOf(FILE* file) {
  std::rewind(file);
  std::string content;
  std::array<char, 65536> buffer;
  while (const size_t n = std::fread(buffer.data(), 1, buffer.size(), file)) {
    content.append(buffer.data(), n);
  }
  return content;
}

// The child's standard streams.
class Streams {
 public:
  Streams(const File& in, const File& out, const File& err) {
    posix_spawn_file_actions_init(&actions_);
    int to = 0;
    for (const File* file : {&in, &out, &err}) {
      posix_spawn_file_actions_adddup2(&actions_, fileno(file->get()), to++);
    }
  }
  ~Streams() { posix_spawn_file_actions_destroy(&actions_); }
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

// A child has the signals blocked that this program was started with.
class Attributes {
 public:
  Attributes() {
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes_, &InheritedSignalMask());
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

int WaitFor(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) ThrowCode(errno);
  }
  return status;
}

// The last line of gnuplot's errors is the message; those before show where.
std::string LastLine(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
    text.pop_back();
  }
  const auto start = text.rfind('\n');
  return start == std::string::npos ? text : text.substr(start + 1);
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
  const Streams streams(in, out, err);
  const Attributes attributes;
  std::array<std::string, 2> words = {"gnuplot", "--default-settings"};
  char* const argv[] = {words[0].data(), words[1].data(), nullptr};
  pid_t child = 0;
  const int failed = posix_spawnp(&child, argv[0], streams.get(),
                                  attributes.get(), argv, environ);
  if (failed == ENOENT) return std::nullopt;
  if (failed != 0) ThrowCode(failed);
  const int status = WaitFor(child);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    Throw(fmt::format("failed: {}", LastLine(ContentOf(err.get()))));
  }
  return ContentOf(out.get());
}

bool DrawPng(const std::filesystem::path& path, std::string_view script) {
  const auto png = RunGnuplot(script);
  if (!png) return false;
  // A gnuplot without the requested terminal prints an error but exits with 0.
  if (!png->starts_with("\x89PNG")) {
    Throw(
        fmt::format("did not produce a PNG for {}; install a gnuplot with the "
                    "pngcairo terminal, such as the package gnuplot-nox",
                    path.string()));
  }
  AtomicFile file(path);
  file.Write(*png);
  file.Commit();
  return true;
}

}  // namespace wsel
