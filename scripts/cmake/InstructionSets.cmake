# Compiles src/kernels/simd once per instruction set (src/kernels/simd/kernels.h)
# into the room kernels.

# The enumerators of kernels::InstructionSet, each with its flags.
set(instruction_sets kBaseline)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  list(APPEND instruction_sets kAvx2 kAvx512)
endif()
set(flags_kAvx2 -mavx2 -mfma)
set(flags_kAvx512 -mavx512f)

file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/kernels/simd/*.cpp)
foreach(isa IN LISTS instruction_sets)
  add_library(wsel_simd_${isa} OBJECT ${sources})
  target_link_libraries(wsel_simd_${isa} PRIVATE wsel_flags)
  target_compile_definitions(wsel_simd_${isa} PRIVATE
    WSEL_INSTRUCTION_SET=InstructionSet::${isa})
  # Without fused multiply-adds the gradients would take twice as long.
  target_compile_options(wsel_simd_${isa} PRIVATE
    -ffp-contract=fast ${flags_${isa}})
  target_sources(wsel_kernels PRIVATE $<TARGET_OBJECTS:wsel_simd_${isa}>)
endforeach()
