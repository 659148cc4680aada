/*
 * SIGTERM and SIGINT as a wish to end: a run finishes its step, keeps what it
 * has, and exits with 128 and the signal's number.  A second one, a second or
 * more behind the first, ends it at once.
 */
#ifndef VNODE_EXEC_INTERRUPT_H
#define VNODE_EXEC_INTERRUPT_H

/* Hear of them from now on; one that is ignored stays so. */
void vn_interrupt_catch(void);

/* From now on they end the program at once, as they do by default. */
void vn_interrupt_release(void);

/* The signal that came, or 0. */
int vn_interrupt(void);

#endif /* VNODE_EXEC_INTERRUPT_H */
