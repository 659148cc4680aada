noinst_LIBRARIES += libexec.a
libexec_a_SOURCES = \
	vnode_exec/checkpoint.c vnode_exec/checkpoint.h \
	vnode_exec/comm.c vnode_exec/comm.h \
	vnode_exec/control.c vnode_exec/control.h \
	vnode_exec/data.c vnode_exec/data.h \
	vnode_exec/data_cifar.c vnode_exec/data_idx.c \
	vnode_exec/device.c vnode_exec/device.h \
	vnode_exec/device_count.c vnode_exec/device_count.h \
	vnode_exec/device_host.c vnode_exec/host.h vnode_exec/host_tile.h \
	vnode_exec/device_reference.c vnode_exec/formula.h \
	vnode_exec/executor.c vnode_exec/executor.h \
	vnode_exec/executor_resize.c vnode_exec/executor_step.c \
	vnode_exec/executor_sync.c \
	vnode_exec/graph.c vnode_exec/graph.h \
	vnode_exec/job.c vnode_exec/job.h \
	vnode_exec/layer_image.c vnode_exec/layer_linear.c \
	vnode_exec/layer_sequence.c \
	vnode_exec/model.c vnode_exec/model.h \
	vnode_exec/model_gpt.c vnode_exec/model_mlp.c \
	vnode_exec/model_resnet.c \
	vnode_exec/options.c vnode_exec/options.h \
	vnode_exec/probe.c vnode_exec/probe.h \
	vnode_exec/record.c vnode_exec/record.h \
	vnode_exec/reference.h \
	vnode_exec/reference_column.c vnode_exec/reference_conv.c \
	vnode_exec/reference_element.c vnode_exec/reference_gemm.c \
	vnode_exec/reference_row.c vnode_exec/reference_update.c \
	vnode_exec/replica.c vnode_exec/replica.h \
	vnode_exec/seat.c vnode_exec/seat.h \
	vnode_exec/spec.c vnode_exec/spec.h \
	vnode_exec/stage.c vnode_exec/stage.h \
	vnode_exec/stage_plan.c vnode_exec/stage_solve.c \
	vnode_exec/team.c vnode_exec/team.h \
	vnode_exec/train.c vnode_exec/train.h \
	vnode_exec/worker.c vnode_exec/worker.h
# Nothing may be contracted: every fused multiply-add is written as one.
libexec_a_CFLAGS = $(AM_CFLAGS) $(MPI_CFLAGS) -ffp-contract=off
EXEC_LIBS = libexec.a libhost_base.a $(HOST_ISA_LIBS) $(CUDA_BACKEND) \
	libexec.a libplan.a libbase.a $(CUDA_LIBS) $(MPI_LIBS) -lz -lpthread

# The CUDA backend, by nvcc; and by the C++ compiler, as the tests run it.
CUDA_KERNELS = vnode_exec/device_cuda.cu \
	vnode_exec/cuda_arena.cu vnode_exec/cuda_blas.cu \
	vnode_exec/cuda_column.cu vnode_exec/cuda_conv.cu \
	vnode_exec/cuda_element.cu vnode_exec/cuda_gemm.cu \
	vnode_exec/cuda_row.cu vnode_exec/cuda_update.cu
CUDA_INCLUDED = vnode_exec/cuda.h vnode_exec/cuda_arena.h \
	vnode_exec/cuda_host.h vnode_exec/cuda_tile.h
EXTRA_DIST += $(CUDA_KERNELS) $(CUDA_INCLUDED) vnode_exec/cuda_host.cc
CUDA_COMPILE = $(NVCC) $(CUDA_FLAGS) $(NVCC_FLAGS) -I. -I$(top_srcdir)
SUFFIXES += .cu
.cu.o:
	$(AM_V_GEN)$(CUDA_COMPILE) -c -o $@ $<
if HAVE_CUDA
noinst_LIBRARIES += libcuda.a
libcuda_a_SOURCES = $(CUDA_KERNELS) $(CUDA_INCLUDED)
CUDA_BACKEND = libcuda.a
$(libcuda_a_OBJECTS): $(CUDA_INCLUDED) vnode_exec/device.h \
	vnode_exec/formula.h config.h
endif
if HAVE_CXX
check_LIBRARIES += libcuda_host.a
libcuda_host_a_SOURCES = vnode_exec/cuda_host.cc vnode_exec/device.c
libcuda_host_a_CPPFLAGS = $(AM_CPPFLAGS) -DHAVE_CUDA_BACKEND=1
check_PROGRAMS += t/cuda_host.t t/device_cuda.t
t_cuda_host_t_SOURCES = t/cuda_host.cc
t_cuda_host_t_LDADD = libexec.a $(BASE_LIBS) libtap.a -lpthread
t_device_cuda_t_SOURCES = t/device.c
nodist_EXTRA_t_device_cuda_t_SOURCES = t/linked.cc
t_device_cuda_t_LDADD = libcuda_host.a $(EXEC_LIBS) $(BASE_LIBS) libtap.a -ldl
EXTRA_PROGRAMS += t/vnexec-cuda
t_vnexec_cuda_SOURCES = $(vnexec_SOURCES)
nodist_EXTRA_t_vnexec_cuda_SOURCES = t/linked.cc
t_vnexec_cuda_LDADD = libcuda_host.a $(EXEC_LIBS) $(BASE_LIBS) -ldl
check_DATA += t/vnexec-cuda$(EXEEXT) $(CUBLAS_HOST)
endif
CUBLAS_HOST = t/cublas/libcublas_host.so.13 t/cublas/libcublas_host.so.12
$(CUBLAS_HOST): t/cublas_host.c
	$(AM_V_GEN)$(MKDIR_P) t/cublas && $(CC) -shared -fPIC -I. \
	    -DNAME="\"$@\"" $(AM_CFLAGS) $(CFLAGS) -o $@ \
	    $(top_srcdir)/t/cublas_host.c
CLEANFILES += $(CUBLAS_HOST) $(EXTRA_PROGRAMS)
EXTRA_DIST += t/cublas_host.c

bin_PROGRAMS += vnexec
vnexec_SOURCES = vnode_exec/main.c vnode_exec/command.h \
	vnode_exec/command_devices.c vnode_exec/command_eval.c \
	vnode_exec/command_profile.c vnode_exec/command_run.c \
	vnode_exec/command_work.c
dist_man_MANS += man/vnexec.1
vnexec_LDADD = $(EXEC_LIBS) $(BASE_LIBS)

# The host's arithmetic, once for each instruction set.
HOST_SOURCES = vnode_exec/host_gemm.c vnode_exec/host_conv.c \
	vnode_exec/host_row.c vnode_exec/host_column.c \
	vnode_exec/host_element.c vnode_exec/host_update.c \
	vnode_exec/host_table.c
HOST_CFLAGS = $(AM_CFLAGS) -ffp-contract=off -fno-math-errno \
	-fno-trapping-math
noinst_LIBRARIES += libhost_base.a
libhost_base_a_SOURCES = $(HOST_SOURCES)
libhost_base_a_CPPFLAGS = $(AM_CPPFLAGS) -DVN_ISA=_base
libhost_base_a_CFLAGS = $(HOST_CFLAGS) $(HOST_OPTIMIZE)
if X86_64
HOST_ISA_LIBS = libhost_v3.a libhost_v4.a
noinst_LIBRARIES += libhost_v3.a libhost_v4.a
libhost_v3_a_SOURCES = $(HOST_SOURCES)
libhost_v3_a_CPPFLAGS = $(AM_CPPFLAGS) -DVN_ISA=_v3
libhost_v3_a_CFLAGS = $(HOST_CFLAGS) $(HOST_OPTIMIZE) -march=x86-64-v3
libhost_v4_a_SOURCES = $(HOST_SOURCES)
libhost_v4_a_CPPFLAGS = $(AM_CPPFLAGS) -DVN_ISA=_v4
libhost_v4_a_CFLAGS = $(HOST_CFLAGS) $(HOST_OPTIMIZE) -march=x86-64-v4 \
	-mprefer-vector-width=512
endif

check_PROGRAMS += t/device.t
t_device_t_SOURCES = t/device.c
t_device_t_LDADD = $(EXEC_LIBS) $(BASE_LIBS) libtap.a

check_PROGRAMS += t/spec.t
t_spec_t_SOURCES = t/spec.c
t_spec_t_LDADD = $(EXEC_LIBS) $(BASE_LIBS) libtap.a

check_PROGRAMS += t/gradient.t
t_gradient_t_SOURCES = t/gradient.c
t_gradient_t_LDADD = $(EXEC_LIBS) $(BASE_LIBS) libtap.a
dist_check_SCRIPTS += t/exec.sh.t t/control.sh.t t/cuda.sh.t t/ptx.sh.t

# What can be chosen of each stands at its top.
EXTRA_DIST += t/bench_exec.sh t/bench_torch.py t/bench_couple.sh \
	t/bench_memory.sh t/bench_scaling.sh \
	vnode_exec/MEASURED.md vnode_exec/memory.svg
.PHONY: bench-exec bench-couple bench-memory bench-scaling
bench-exec: vnexec
	$(top_srcdir)/t/bench_exec.sh
bench-couple: vnexec
	$(top_srcdir)/t/bench_couple.sh
bench-memory: vnexec vnreplay
	$(top_srcdir)/t/bench_memory.sh
bench-scaling: vnexec
	$(top_srcdir)/t/bench_scaling.sh
