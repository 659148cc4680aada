noinst_LIBRARIES += libtraces.a
libtraces_a_SOURCES = \
	traces/trace.c traces/trace.h

check_PROGRAMS += t/trace.t
t_trace_t_SOURCES = t/trace.c
t_trace_t_LDADD = libtraces.a libplan.a $(BASE_LIBS) libtap.a
