#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/jit/serialization/import.h>

#include <memory>

#include "wsel/core/error.h"
#include "wsel/train/precision.h"
#include "wsel/train/teacher.h"

namespace wsel::train {
namespace {

using Script = torch::jit::Module;

// What a person can read of an error: its line that names the cause.
std::string CauseOf(const std::exception& e) {
  const std::string text = e.what();
  for (const char* mark : {"RuntimeError: ", "Error: "}) {
    const size_t at = text.rfind(mark);
    if (at == std::string::npos) continue;
    return text.substr(at, text.find('\n', at) - at);
  }
  return text.substr(0, text.find('\n'));
}

Script LoadScript(const std::filesystem::path& path,
                  const c10::Device& device) {
  try {
    Script script = torch::jit::load(path.string(), device);
    script.eval();
    return script;
  } catch (const std::exception& e) {
    throw Error(ErrorKind::kFormat, path.string(),
                fmt::format("is no TorchScript module that runs on {}: {}",
                            device.str(), CauseOf(e)));
  }
}

at::Tensor RunScript(Script& script, const at::Tensor& images,
                     const std::string& where) {
  c10::IValue answer;
  try {
    answer = script.forward({images});
  } catch (const std::exception& e) {
    throw Error(
        ErrorKind::kMismatch, where,
        fmt::format("does not run on pictures {}x{} on {}: {}", images.size(2),
                    images.size(3), images.device().str(), CauseOf(e)));
  }
  if (answer.isTensor() && answer.toTensor().dim() == 2 &&
      answer.toTensor().size(0) == images.size(0) &&
      answer.toTensor().is_floating_point()) {
    return answer.toTensor().to(images.device());
  }
  const std::string found =
      answer.isTensor()
          ? fmt::format("{} {}", c10::toString(answer.toTensor().scalar_type()),
                        FormatShape(answer.toTensor().sizes().vec()))
          : answer.tagKind();
  throw Error(ErrorKind::kMismatch, where,
              fmt::format("answers {} pictures with {}; a teacher gives one "
                          "floating-point tensor [pictures, classes] or "
                          "[pictures, width]: wrap it so that it does",
                          images.size(0), found));
}

}  // namespace

Teacher ScriptTeacher(const std::filesystem::path& path,
                      const TeacherView& view, int64_t student_img_size) {
  const auto script = std::make_shared<Script>(LoadScript(path, view.device));
  Teacher teacher;
  teacher.name = path.string();
  teacher.answer = [script, view,
                    name = teacher.name](const at::Tensor& images) {
    const at::NoGradGuard no_grad;
    const Autocast autocast(view.precision, view.device);
    return RunScript(*script, SeenBy(view, images).contiguous(), name)
        .to(at::kFloat);
  };
  const auto grey = at::zeros({2, 3, student_img_size, student_img_size},
                              at::TensorOptions(view.device));
  teacher.width = teacher.answer(grey).size(1);
  return teacher;
}

}  // namespace wsel::train
