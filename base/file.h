/*
 * Files that are there whole or not at all.
 *
 * A new file is written under a temporary name in the folder of its path
 * (PATH.vnpart-XXXXXX, locked while its writer lives), then synced and
 * renamed; what stood there before stays until that moment.  What writers of
 * the path left that were killed goes when the next begins.  "-" is standard
 * output, and what is there and no regular file (a device, a pipe) is written
 * as it stands. A link is followed.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vn_file {
    FILE *stream; /* write here; errors may be left to vn_file_commit() */
    const char *path;
    char *target;    /* where it goes, links followed; NULL with temporary */
    char *temporary; /* NULL where it is written in place */
};

/* Begin to write path, which is kept; close with one of the two below. */
enum vn_status vn_file_create(struct vn_file *file, const char *path,
                              struct vn_error *err);

/* Put the file in its place.  Where it fails the old one is left alone. */
enum vn_status vn_file_commit(struct vn_file *file, struct vn_error *err);

/*
 * The same of n files that belong together: what could fail for want of room
 * is done for all before the first is put in its place, so that all of them
 * are new or, where this fails, old.  They are ended either way.
 */
enum vn_status vn_file_commit_all(struct vn_file *files, int n,
                                  struct vn_error *err);

/*
 * The same, but that the stream stays open for more, which then stands in the
 * file as it is flushed.  Called again it flushes.  To be ended by one of the
 * others.
 */
enum vn_status vn_file_place(struct vn_file *file, struct vn_error *err);

/* Make a folder for the moment, where TMPDIR says, else in /tmp: NAME with six
 * characters behind it.  To be freed, and removed; NULL where this fails. */
enum vn_status vn_file_folder(const char *name, char **folder,
                              struct vn_error *err);

/* Could path be written?  Leaves what is there as it is. */
enum vn_status vn_file_check(const char *path, struct vn_error *err);

/* Drop what was written; nothing on a file that is committed or zeroed. */
void vn_file_discard(struct vn_file *file);

/* Open for reading; "-" is standard input.  Folders are refused. */
enum vn_status vn_file_open(const char *path, FILE **stream,
                            struct vn_error *err);

/*
 * The same of a text, which may be compressed by gzip; of what is compressed
 * otherwise the message says by what.
 */
enum vn_status vn_file_open_text(const char *path, FILE **stream,
                                 struct vn_error *err);

/*
 * All of a file, but not much more than `most` bytes: *n of them, more than
 * `most` where there are.  To be freed; NULL where this fails.
 */
enum vn_status vn_file_bytes(const char *path, size_t most, char **bytes,
                             size_t *n, struct vn_error *err);

/* VN_EIO, after reading from a file failed: errno says why. */
enum vn_status vn_file_failed(const char *name, struct vn_error *err);

/* The same, ended: closes stream unless it is standard input. */
void vn_file_close(FILE *stream);

/* A hash of a file's bytes (vn_hash), for naming the inputs of a run. */
enum vn_status vn_file_hash(const char *path, uint64_t *hash,
                            struct vn_error *err);

/*
 * Where a folder of data is that was installed with this program, as
 * PREFIX/share/virtualflow/NAME beside PREFIX/bin: into path, size bytes;
 * false where there is none, as in the tree that was built.
 */
bool vn_file_installed(const char *name, char *path, size_t size);

/*
 * What a program printed must have gone somewhere: its exit status, 1 with a
 * message instead of 0 where standard output took less than was written.
 */
int vn_file_end_output(const char *program, int status);

/*
 * One cell of a CSV row, quoted where CSV asks for it.  A cell that a reader
 * would take for a comment (a first one with '#') is quoted too.
 */
void vn_csv_cell(FILE *out, const char *text);

/* A JSON string, in its quotes; bytes that are not UTF-8 become U+FFFD. */
void vn_json_string(FILE *out, const char *text);

#endif /* BASE_FILE_H */
