noinst_LIBRARIES += libreplay.a
libreplay_a_SOURCES = \
	replay/command.h \
	replay/command_compare.c \
	replay/command_export.c \
	replay/command_merge.c \
	replay/command_reproduce.c \
	replay/command_run.c \
	replay/command_schema.c \
	replay/generate.c replay/generate.h \
	replay/pool.c \
	replay/sweep.c replay/sweep.h \
	replay/workload.c replay/workload.h

bin_PROGRAMS += vnreplay
dist_man_MANS += man/vnreplay.1
# What draws traces is a command of vntrace.
vnreplay_SOURCES = replay/main.c traces/command_generate.c
vnreplay_LDADD = libreplay.a libsim.a libtraces.a libplan.a $(ANALYSIS_LIBS)

dist_check_SCRIPTS += t/replay.sh.t
