noinst_LIBRARIES += libplan.a
libplan_a_SOURCES = \
	plan/cluster.c plan/cluster.h \
	plan/job.c plan/job.h

check_PROGRAMS += t/cluster.t
t_cluster_t_SOURCES = t/cluster.c
t_cluster_t_LDADD = libplan.a $(BASE_LIBS) libtap.a
