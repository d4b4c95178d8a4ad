#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "wsel/model/build.h"
#include "wsel/train/options.h"

namespace wsel::train {

// A frozen network that a student learns from.
struct Teacher {
  std::string name;  // for messages
  // Images [B, 3, H, W] as the student sees them -> logits or features
  // [B, width], float32, without a graph, on the images' device.
  std::function<at::Tensor(const at::Tensor&)> answer;
  int64_t width = 0;
};

// How a teacher wants to see pictures that were made for the student, and how
// it computes.
struct TeacherView {
  Normalisation student;
  Normalisation teacher;
  int64_t img_size = 0;                    // in pixels a side; 0: as they come
  Precision precision = Precision::kFp32;  // never kAuto
  c10::Device device = c10::kCPU;
};

// Images of the student's normalisation and size in the teacher's: one affine
// map a channel, then bicubic resizing, antialiased. [B, 3, H, W] ->
// [B, 3, img_size, img_size].
at::Tensor SeenBy(const TeacherView& view, const at::Tensor& images);

// A model with weights: its logits, or under kFeature the feature of
// model/outputs.h. Moves it to the view's device.
Teacher ModelTeacher(model::Model model, Distillation method,
                     const TeacherView& view);

// A TorchScript module, run as it is, for teachers of any other architecture.
// Its width is found by running it on two grey pictures.
// Errors: kFormat where it cannot be loaded; kMismatch where it does not take
// images [B, 3, S, S], does not run on the device, or gives anything but one
// floating-point tensor [B, width].
Teacher ScriptTeacher(const std::filesystem::path& path,
                      const TeacherView& view, int64_t student_img_size);

// Before the first step. Errors: kMismatch for a teacher of other classes where
// `method` compares classes, and for one that answers with no numbers.
void CheckTeacher(const Teacher& teacher, Distillation method, int64_t classes,
                  int64_t student_img_size, const c10::Device& device);

}  // namespace wsel::train
