// Torch-free.
#pragma once

#include <map>
#include <string>

#include "wsel/pretrained/classes.h"
#include "wsel/pretrained/facts.h"
#include "wsel/pretrained/provenance.h"

namespace wsel::onnx {

// The metadata_props of an exported model: what a program needs to prepare
// images and to name classes, under short keys (docs/export.md), beside
// ProvenanceOf. A value that nothing states is the one that wsel assumed, and
// "assumed" lists its key. Errors: as ProvenanceOf and ClassNamesOf.
std::map<std::string, std::string> MetadataOf(
    const pretrained::PretrainedCheckpoint& checkpoint,
    const pretrained::Facts& facts, const std::string& command);

}  // namespace wsel::onnx
