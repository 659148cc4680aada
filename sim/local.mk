noinst_LIBRARIES += libsim.a
libsim_a_SOURCES = \
	sim/heap.c sim/heap.h \
	sim/ordered.c sim/ordered.h \
	sim/waiting.c sim/waiting.h
