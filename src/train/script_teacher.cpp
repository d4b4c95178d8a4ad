#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/jit/serialization/import.h>

#include <memory>

#include "wsel/core/error.h"
#include "wsel/train/device.h"
#include "wsel/train/teacher.h"

namespace wsel::train {
namespace {

using Script = torch::jit::Module;

// The line of an error that names its cause.
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
                "is not a TorchScript module that runs on {}: {}", device.str(),
                CauseOf(e));
  }
}

at::Tensor RunScript(Script& script, const at::Tensor& images,
                     const std::string& where) {
  c10::IValue output;
  try {
    output = script.forward({images});
  } catch (const std::exception& e) {
    throw Error(ErrorKind::kMismatch, where,
                "does not run on images of {}x{} on {}: {}", images.size(2),
                images.size(3), images.device().str(), CauseOf(e));
  }
  if (output.isTensor() && output.toTensor().dim() == 2 &&
      output.toTensor().size(0) == images.size(0) &&
      output.toTensor().is_floating_point()) {
    return output.toTensor().to(images.device());
  }
  const std::string found =
      output.isTensor()
          ? fmt::format("{} {}", c10::toString(output.toTensor().scalar_type()),
                        FormatShape(output.toTensor().sizes().vec()))
          : output.tagKind();
  throw Error(
      ErrorKind::kMismatch, where,
      "returns {} for {} images; a teacher must return one floating-point "
      "tensor [images, classes] or [images, width]: wrap it so that it does",
      found, images.size(0));
}

}  // namespace

Teacher ScriptTeacher(const std::filesystem::path& path,
                      const TeacherOptions& options,
                      const HeightWidth& student_img_size) {
  const auto script =
      std::make_shared<Script>(LoadScript(path, options.device));
  Teacher teacher;
  teacher.name = path.string();
  teacher.forward = [script, options,
                     name = teacher.name](const at::Tensor& images) {
    const at::NoGradGuard no_grad;
    const Autocast autocast(options.precision, options.device);
    return RunScript(*script, PrepareForTeacher(options, images).contiguous(),
                     name)
        .to(at::kFloat);
  };
  const auto grey = at::zeros({2, options.student.in_chans,
                               student_img_size.height, student_img_size.width},
                              at::TensorOptions(options.device));
  teacher.width = teacher.forward(grey).size(1);
  return teacher;
}

}  // namespace wsel::train
