// Torch-free.
#pragma once

#include <map>
#include <string>

#include "wsel/pretrained/file_hash.h"
#include "wsel/pretrained/pretrained_checkpoint.h"
#include "wsel/select/plan.h"

namespace wsel::session {

using Metadata = std::map<std::string, std::string>;

// Adds the mean and std of a checkpoint's images, if they are known.
void AddMeanStd(const pretrained::PretrainedCheckpoint& checkpoint,
                Metadata& metadata);

// Metadata of a student's file, with all that reproducing it needs: version,
// command, model, plan and, unless null, the teacher's file and hash, and the
// mean and std of its images if known.
Metadata Provenance(const std::string& command, const select::Plan& plan,
                    const pretrained::PretrainedCheckpoint* teacher,
                    const std::string& teacher_hash,
                    pretrained::HashScope scope);

}  // namespace wsel::session
