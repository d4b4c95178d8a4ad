// Modules made by scripts/golden/script_teachers.py.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "nn/hashed_model.h"
#include "temp_folder.h"
#include "throws.h"
#include "wsel/core/atomic_file.h"
#include "wsel/train/teacher.h"

namespace wsel::train {
namespace {

std::string Module(const std::string& name) {
  return WSEL_SOURCE_DIR "/tests/golden/train/script_" + name + ".pt";
}

TeacherOptions Sized(int64_t img_size) {
  TeacherOptions options;
  options.img_size = img_size;
  return options;
}

class RunScript : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(ScriptTeacher, RunScript,
                         testing::Values("means", "frozen"));

TEST_P(RunScript, GivesTheModulesOutputs) {
  const Teacher teacher = ScriptTeacher(Module(GetParam()), {}, 16);
  EXPECT_EQ(teacher.width, 3);
  const auto images = model::HashedNormalTensor("images", {4, 3, 16, 16});
  const auto map = [](const char* name, at::IntArrayRef shape) {
    return model::ToTensor(model::HashedParameter({name, shape.vec()}), shape);
  };
  const auto expected = at::linear(
      images.mean({2, 3}), map("map.weight", {3, 3}), map("map.bias", {3}));
  const auto output = teacher.forward(images);
  EXPECT_TRUE(at::allclose(output, expected, 1e-5, 1e-6));
  EXPECT_FALSE(output.requires_grad());
  CheckTeacher(teacher, Distillation::kLogit, 3, 16, at::kCPU);
}

TEST(ScriptTeacher, MustReturnLogitsWhereLogitsAreDistilled) {
  const Teacher teacher = ScriptTeacher(Module("probabilities"), {}, 16);
  const auto check = [&](Distillation method) {
    CheckTeacher(teacher, method, 3, 16, at::kCPU);
  };
  ExpectError([&] { check(Distillation::kLogit); }, ErrorKind::kMismatch,
              {"script_probabilities.pt", "probabilities", "softmax"});
  check(Distillation::kHard);
  check(Distillation::kFeature);
}

TEST(ScriptTeacher, GetsImagesOfItsOwnSizeAndNormalisation) {
  EXPECT_EQ(ScriptTeacher(Module("large"), Sized(24), 16).width, 3);
  TeacherOptions options;
  options.teacher = {{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}};
  // A black image, in the student's and in the teacher's normalisation.
  const auto black = [](const image::Normalisation& n) {
    std::vector<at::Tensor> channels;
    for (size_t c = 0; c < 3; ++c) {
      channels.push_back(at::full({1, 1, 8, 8}, -n.mean[c] / n.std[c]));
    }
    return at::cat(channels, 1);
  };
  EXPECT_TRUE(at::allclose(PrepareForTeacher(options, black(options.student)),
                           black(options.teacher), 0, 1e-6));
}

TEST(ScriptTeacher, UnsuitableFilesAreErrors) {
  const auto expect = [](const std::string& name, ErrorKind kind,
                         const std::vector<std::string>& parts) {
    ExpectError([&] { ScriptTeacher(Module(name), {}, 16); }, kind, parts);
  };
  expect("pair", ErrorKind::kMismatch, {"script_pair.pt", "Tuple", "wrap it"});
  expect("large", ErrorKind::kMismatch, {"does not run on images of 16x16"});
  if (!at::hasCUDA()) {
    expect("cuda", ErrorKind::kMismatch, {"does not run", "CUDA"});
  }
  expect("none", ErrorKind::kFormat, {"script_none.pt"});
  const TempFolder folder;
  WriteTextFile(folder / "text.pt", "not a module");
  ExpectError([&] { ScriptTeacher(folder / "text.pt", {}, 16); },
              ErrorKind::kFormat, {"text.pt", "not a TorchScript module"});
}

}  // namespace
}  // namespace wsel::train
