noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	base/command.c base/command.h \
	base/digest.c base/digest.h \
	base/error.c base/error.h \
	base/file.c base/file.h \
	base/gzip.c base/gzip.h \
	base/machine/machine.c base/machine/machine.h \
	base/names.c base/names.h \
	base/number.c base/number.h \
	base/option.c base/option.h \
	base/progress.c base/progress.h \
	base/quantile.c base/quantile.h \
	base/rng.c base/rng.h \
	base/store/schema.c base/store/schema.h \
	base/store/schema_sql.c base/store/schema_sql.h \
	base/store/store.c base/store/store.h \
	base/store/timeline.c base/store/timeline.h \
	base/store/origin.c base/store/origin.h \
	base/store/export.c base/store/merge.c \
	base/table.c base/table.h base/table_cell.c \
	base/version.c base/version.h \
	base/xalloc.c base/xalloc.h \
	base/yaml/yaml.c base/yaml/yaml.h base/yaml/as.c

# What the programs are built from is looked up in each build.
EXTRA_DIST += base/revision.sh
CLEANFILES += base/revision.h
base/version.$(OBJEXT): base/revision.h
base/revision.h: revision
.PHONY: revision
revision:
	@sh $(srcdir)/base/revision.sh $(srcdir) base/revision.h
dist-hook:
	commit=`sh $(srcdir)/base/revision.sh $(srcdir) | sed 's/ .*//'` && \
	sources=`sh $(srcdir)/base/revision.sh $(distdir) | sed 's/.* //'` && \
	echo "$$commit $$sources" > $(distdir)/base/revision

dist_check_SCRIPTS += t/base/room.sh.t
check_PROGRAMS += t/base/digest.t
t_base_digest_t_SOURCES = t/base/digest.c
t_base_digest_t_LDADD = $(BASE_LIBS) libtap.a
check_PROGRAMS += t/base/base.t t/base/table.t
t_base_base_t_SOURCES = t/base/base.c
t_base_base_t_LDADD = $(BASE_LIBS) libtap.a
t_base_table_t_SOURCES = t/base/table.c
t_base_table_t_LDADD = $(BASE_LIBS) libtap.a
EXTRA_DIST += t/data/yaml
check_PROGRAMS += t/base/yaml.t
t_base_yaml_t_SOURCES = t/base/yaml.c
t_base_yaml_t_LDADD = $(BASE_LIBS) libtap.a
check_PROGRAMS += t/base/store.t
t_base_store_t_SOURCES = t/base/store.c
t_base_store_t_LDADD = $(BASE_LIBS) libtap.a
dist_check_SCRIPTS += t/base/output.sh.t
check_PROGRAMS += t/base/likeness.t
t_base_likeness_t_LDADD = $(BASE_LIBS) libtap.a
check_PROGRAMS += t/base/machine.t
t_base_machine_t_SOURCES = t/base/machine.c
t_base_machine_t_LDADD = $(BASE_LIBS) libtap.a
