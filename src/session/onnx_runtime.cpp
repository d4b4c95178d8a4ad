#include "wsel/session/onnx_runtime.h"

#include <fmt/format.h>

#include <vector>

#include "verify_script.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/error.h"
#include "wsel/core/escape_text.h"
#include "wsel/core/json_object.h"
#include "wsel/core/subprocess.h"
#include "wsel/core/text_file.h"

namespace wsel::session {
namespace {

// The script's standard error, on one line.
std::string ScriptErrors(const ScratchFolder& folder) {
  std::string text = ReadText(folder / "err");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return EscapeText(text, 2000);
}

// Without a job it only imports what it needs. Its exit code, unless that is an
// error of the interpreter.
int RunVerifyScript(const std::string& python, const ScratchFolder& folder,
                    const std::vector<std::string>& job) {
  const auto script = folder / "verify.py";
  WriteTextFile(script, kVerifyScript);
  std::vector<std::string> argv = {python, script.string()};
  argv.insert(argv.end(), job.begin(), job.end());
  Subprocess process(argv, folder / "out", folder / "err");
  const ExitStatus status = process.Wait();
  if (status.code != kNoOnnxRuntime && status.code != kCannotExecute) {
    return status.code;
  }
  throw Error(
      ErrorKind::kIo, python,
      "{}, and `verify` runs the file in it, so nothing is written; "
      "try {} -m pip install onnxruntime, or another interpreter "
      "(`python`)",
      status.code == kCannotExecute
          ? "cannot be executed"
          : fmt::format("cannot import onnxruntime ({})", ScriptErrors(folder)),
      python);
}

}  // namespace

void RequireOnnxRuntime(const std::string& python) {
  const ScratchFolder folder;
  const int code = RunVerifyScript(python, folder, {});
  if (code == 0) return;
  throw Error(ErrorKind::kIo, python,
              "ends with exit code {} for a Python script ({}); `python` takes "
              "an interpreter that has onnxruntime",
              code, ScriptErrors(folder));
}

nlohmann::ordered_json RunInOnnxRuntime(const std::string& python,
                                        const ScratchFolder& folder,
                                        const std::filesystem::path& output) {
  const int code =
      RunVerifyScript(python, folder, {(folder / "job.json").string()});
  if (code != 0) {
    throw Error(ErrorKind::kIo, output.string(),
                "is not written, since onnxruntime failed on it: {}",
                ScriptErrors(folder));
  }
  return ParseJson(ReadText(folder / "out"), "verify.py", ErrorKind::kIo);
}

}  // namespace wsel::session
