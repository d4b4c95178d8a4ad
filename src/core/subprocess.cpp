#include "wsel/core/subprocess.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "wsel/core/error.h"
#include "wsel/core/signals.h"

namespace wsel {
namespace {

// An open file, closed at the end of the scope.
class File {
 public:
  File(const std::filesystem::path& path, int flags)
      : fd_(open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (fd_ < 0) ThrowErrno(path.string(), "cannot be opened");
  }
  ~File() { close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int fd() const { return fd_; }

 private:
  int fd_;
};

constexpr int kOutput = O_CREAT | O_TRUNC | O_WRONLY | O_APPEND;

ExitStatus ParseStatus(int status) {
  if (WIFSIGNALED(status)) return {128 + WTERMSIG(status), WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

// In the child, between fork and exec: only async-signal-safe calls.
[[noreturn]] void Execute(char* const* argv, const Streams& streams,
                          int inherited_fd, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(kCannotExecute);  // it died before prctl
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  pthread_sigmask(SIG_SETMASK, &InheritedSignalMask(), nullptr);
  dup2(streams.in, STDIN_FILENO);
  dup2(streams.out, STDOUT_FILENO);
  dup2(streams.err, STDERR_FILENO);
  if (inherited_fd >= 0) fcntl(inherited_fd, F_SETFD, 0);
  execvp(argv[0], argv);
  _exit(kCannotExecute);
}

pid_t Start(const std::vector<std::string>& argv, const Streams& streams,
            int inherited_fd) {
  std::vector<char*> pointers;
  for (const std::string& arg : argv) {
    // execvp does not modify its arguments.
    pointers.push_back(const_cast<char*>(arg.c_str()));
  }
  pointers.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) Execute(pointers.data(), streams, inherited_fd, parent);
  if (child > 0) return child;
  ThrowErrno(argv[0], "cannot be started");
}

}  // namespace

Subprocess::Subprocess(const std::vector<std::string>& argv,
                       const Streams& streams, int inherited_fd)
    : pid_(Start(argv, streams, inherited_fd)) {}

Subprocess::Subprocess(const std::vector<std::string>& argv,
                       const std::filesystem::path& out,
                       const std::filesystem::path& err, int inherited_fd) {
  const File null("/dev/null", O_RDONLY);
  const File out_file(out, kOutput);
  std::optional<File> err_file;
  if (err != out) err_file.emplace(err, kOutput);
  pid_ = Start(
      argv, {null.fd(), out_file.fd(), (err_file ? *err_file : out_file).fd()},
      inherited_fd);
}

Subprocess::~Subprocess() {
  if (pid_ <= 0) return;
  Signal(SIGTERM);
  Wait();
}

Subprocess::Subprocess(Subprocess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)) {}

Subprocess& Subprocess::operator=(Subprocess&& other) noexcept {
  std::swap(pid_, other.pid_);
  return *this;
}

std::optional<ExitStatus> Subprocess::Poll() {
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  return ParseStatus(status);
}

ExitStatus Subprocess::Wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return ParseStatus(status);
}

void Subprocess::Signal(int signal) const {
  if (pid_ > 0) kill(pid_, signal);
}

}  // namespace wsel
