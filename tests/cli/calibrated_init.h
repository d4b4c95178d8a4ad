#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cli/run_wsel.h"
#include "wsel/checkpoint/checkpoint.h"
#include "wsel/core/atomic_file.h"
#include "wsel/core/sha256.h"

namespace wsel {

// Four training images of two classes.
inline const std::string kFolderSet =
    (std::filesystem::path(WSEL_SOURCE_DIR) / "tests/golden/data/folders")
        .string();

// `wsel init` with calibration images, from a ViT of width 24 and depth 3.
class CalibratedInit : public testing::Test {
 protected:
  CalibratedInit() {
    WriteConfig("teacher.json", 24, 3);
    const Outcome teacher =
        Run({"init", "--student", "teacher.json", "--method", "xavier",
             "--output", "teacher.safetensors"});
    EXPECT_EQ(teacher.exit_code, 0) << teacher.err;
  }

  void WriteConfig(const std::string& name, int width, int depth) const {
    WriteTextFile(folder_ / name,
                  fmt::format(R"({{"base": "vit_tiny", "embed_dim": {},
                    "num_heads": 3, "depth": {}, "img_size": 32,
                    "patch_size": 8, "num_classes": 7}})",
                              width, depth));
  }

  Outcome Run(const std::vector<std::string>& args) const {
    return RunWsel(folder_, args);
  }
  // On the four images, with the option and value that choose a student.
  Outcome InitAs(const std::string& option, const std::string& value,
                 const std::vector<std::string>& more) const {
    std::vector<std::string> args = {"init",
                                     "--teacher",
                                     "teacher.safetensors",
                                     option,
                                     value,
                                     "--calibrate",
                                     "folder",
                                     "--data-root",
                                     kFolderSet,
                                     "--calibration-images",
                                     "4"};
    args.insert(args.end(), more.begin(), more.end());
    return Run(args);
  }
  // The digests of all tensors.
  std::map<std::string, std::string> TensorsOf(const std::string& name) const {
    const auto file = checkpoint::Open(folder_ / name);
    std::map<std::string, std::string> digests;
    for (const TensorSpec& spec : file->Specs()) {
      digests[spec.name] = Sha256Hex(file->View(spec.name).bytes);
    }
    return digests;
  }

  TempFolder folder_;
};

}  // namespace wsel
