#include "wsel/session/student_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pretrained/zero_checkpoint.h"
#include "throws.h"
#include "wsel/core/atomic_file.h"
#include "wsel/select/plan_json.h"

namespace wsel::session {
namespace {

using pretrained::SmallVit;
using pretrained::ZeroCheckpoint;

model::VitConfig Student(int64_t num_classes) {
  model::VitConfig config = SmallVit();
  config.embed_dim = 4;
  config.num_classes = num_classes;
  return config;
}

StudentRequest RequestFor(const TempFolder& folder, const model::Config& config,
                          bool has_num_classes) {
  StudentRequest request;
  request.teacher = folder / "a.safetensors";
  request.student = ConfigStudent{config, has_num_classes};
  return request;
}

int64_t ClassesOf(const select::Plan& plan) {
  return NumClasses(std::get<model::Config>(plan.student));
}

TEST(StudentPlan, AReusedHeadHasTheTeachersClassesUnlessTheyAreGiven) {
  const TempFolder folder;
  const auto teacher = ZeroCheckpoint(folder, SmallVit());
  StudentRequest request = RequestFor(folder, Student(7), false);
  EXPECT_EQ(ClassesOf(PlanStudent(request, &teacher)), 7);
  request.options.head = select::Head::kReuse;
  EXPECT_EQ(ClassesOf(PlanStudent(request, &teacher)), 2);
  request.student = ConfigStudent{Student(7), true};
  ExpectError([&] { PlanStudent(request, &teacher); }, ErrorKind::kMismatch,
              {"7"});
}

TEST(StudentPlan, TheTeachersModelCanBeGiven) {
  const TempFolder folder;
  const auto teacher = ZeroCheckpoint(folder, SmallVit());
  StudentRequest request = RequestFor(folder, Student(2), true);
  model::VitConfig other = SmallVit();
  other.num_heads = 4;
  request.teacher_model = other;
  EXPECT_EQ(PlanStudent(request, &teacher).teacher,
            select::PlanModel(model::Config(other)));
}

TEST(StudentPlan, WithoutATeacherIsRandom) {
  const TempFolder folder;
  StudentRequest request = RequestFor(folder, Student(2), true);
  request.teacher.clear();
  request.initializer = model::Initializer::kXavier;
  const select::Plan plan = PlanStudent(request, nullptr);
  EXPECT_FALSE(plan.teacher);
  EXPECT_EQ(ApplyPlan(plan, nullptr, nullptr).tensors.size(),
            plan.entries.size());
}

TEST(StudentPlan, OfAMissingFileNeedsItsModel) {
  const TempFolder folder;
  StudentRequest request = RequestFor(folder, Student(2), true);
  EXPECT_FALSE(PlanWithoutFile(request));
  request.teacher_model = SmallVit();
  const auto planned = PlanWithoutFile(request);
  ASSERT_TRUE(planned);
  const auto teacher = ZeroCheckpoint(folder, SmallVit());
  EXPECT_EQ(*planned, PlanStudent(request, &teacher));
}

TEST(StudentPlan, AFileDecidesAllButTheTeacher) {
  const TempFolder folder;
  const auto teacher = ZeroCheckpoint(folder, SmallVit());
  const StudentRequest request = RequestFor(folder, Student(2), true);
  const select::Plan plan = PlanStudent(request, &teacher);
  WriteTextFile(folder / "plan.json", select::ToJson(plan));
  StudentRequest by_file;
  by_file.plan = folder / "plan.json";
  ExpectError([&] { PlanStudent(by_file, nullptr); }, ErrorKind::kUsage,
              {"teacher", "is missing"});
  by_file.teacher = request.teacher;
  EXPECT_EQ(PlanStudent(by_file, &teacher), plan);
}

}  // namespace
}  // namespace wsel::session
