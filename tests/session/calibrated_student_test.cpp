#include "wsel/session/calibrated_student.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <utility>

#include "cli/calibrated_init.h"

namespace wsel::session {
namespace {

// Counts the tensors that are read.
class CountedTensors : public TensorSource {
 public:
  CountedTensors(std::unique_ptr<TensorSource> tensors,
                 std::atomic<int64_t>& reads)
      : tensors_(std::move(tensors)), reads_(reads) {}

  const std::vector<TensorSpec>& Specs() const override {
    return tensors_->Specs();
  }
  TensorView View(std::string_view name) const override {
    ++reads_;
    return tensors_->View(name);
  }

 private:
  std::unique_ptr<TensorSource> tensors_;
  std::atomic<int64_t>& reads_;
};

class PreparedByBudget : public CalibratedInit {
 protected:
  // The student under a budget that leaves several to be built.
  PreparedStudent Prepare(const std::string& method, bool compute) {
    StudentOptions options;
    options.teacher = (folder_ / "teacher.safetensors").string();
    options.budget = "params=12K";
    options.method = method;
    options.calibration.data.name = "folder";
    options.calibration.data.root = kFolderSet;
    options.calibration.images = 4;
    auto teacher = pretrained::Open(options.teacher);
    reads_ = 0;
    teacher.remapped.tensors = std::make_unique<CountedTensors>(
        std::move(teacher.remapped.tensors), reads_);
    return PrepareStudent(RequestOf(options), &teacher, compute);
  }

  std::atomic<int64_t> reads_ = 0;
};

TEST_F(PreparedByBudget, TakesTheStudentThatTheSearchMade) {
  for (const char* method : {"uniform", "regression"}) {
    const PreparedStudent chosen = Prepare(method, /*compute=*/false);
    const int64_t reads = reads_.load();
    EXPECT_GT(reads, 0) << method;
    const PreparedStudent made = Prepare(method, /*compute=*/true);
    // Another student would be made of tensors that are read again.
    EXPECT_EQ(reads_.load(), reads) << method;
    ASSERT_TRUE(made.sizes);
    ASSERT_TRUE(made.student);
    EXPECT_EQ(made.student->tensors.size(), made.plan.entries.size());
    EXPECT_EQ(made.plan.student,
              select::PlanModel(made.sizes->front[made.sizes->chosen].config));
    EXPECT_TRUE(made.plan.calibration->agreement);
    EXPECT_EQ(made.plan.layers, chosen.plan.layers);
    EXPECT_FALSE(chosen.student);
  }
}

}  // namespace
}  // namespace wsel::session
