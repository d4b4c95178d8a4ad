#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "wsel/nn/build.h"
#include "wsel/train/options.h"

namespace wsel::train {

// A frozen network to distil from.
struct Teacher {
  std::string name;  // for messages
  // Images [B, in_chans, H, W] as the student sees them -> logits or features
  // [B, width], float32, without gradients, on the images' device.
  std::function<at::Tensor(const at::Tensor&)> forward;
  int64_t width = 0;
  // Its logits have been put into the order of the data set's classes.
  bool reordered = false;
};

// Whether a distillation compares the teacher's classes with the data set's.
bool ComparesClasses(Distillation method);

// How the student's images are converted for the teacher, and how it runs.
struct TeacherOptions {
  image::Normalisation student = {};
  image::Normalisation teacher = {};
  HeightWidth img_size = 0;                // 0: the student's
  Precision precision = Precision::kFp32;  // never kAuto
  c10::Device device = c10::kCPU;
};

// Converts the student's normalised images to the teacher's normalisation, by
// one affine map per channel, and to its size by antialiased bicubic resizing.
// [B, in_chans, H, W] -> [B, the teacher's in_chans, *img_size]; a
// teacher of RGB images gets grey ones as RGB.
at::Tensor PrepareForTeacher(const TeacherOptions& options,
                             const at::Tensor& images);

// A model with weights: its logits, or for kFeature the feature of
// model/outputs.h. Moves the model to options.device.
Teacher ModelTeacher(nn::Model model, Distillation method,
                     const TeacherOptions& options);

// Runs a TorchScript module, for teachers of any other architecture. Its width
// is determined by running it on two grey images.
// Errors: kFormat if it cannot be loaded; kMismatch if it does not take images
// [B, C, H, W], does not run on the device, or returns anything but one
// floating-point tensor [B, width].
Teacher ScriptTeacher(const std::filesystem::path& path,
                      const TeacherOptions& options,
                      const HeightWidth& student_img_size);

// Runs a teacher on grey images of the student's size and channels, before
// training. Errors: kMismatch if it has another number of classes and `method`
// compares classes, if its output is NaN or infinite, or if it is probabilities
// where logits are distilled.
void CheckTeacher(const Teacher& teacher, Distillation method, int64_t classes,
                  const HeightWidth& student_img_size,
                  const c10::Device& device, int64_t in_chans = 3);

}  // namespace wsel::train
