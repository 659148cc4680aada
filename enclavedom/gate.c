/*
 * The code between two sides that do not trust each other.
 *
 * Each WRPKRU is followed by a check that cannot be jumped over: what was
 * written is compared with what the monitor's page says may be written, or,
 * where all rights are taken, control is then at the beginning of code that
 * believes nothing of its caller.  So a jump to one of them gets the plug-in
 * no further than the front door does.
 *
 * A result is in RAX and in XMM0, so that a function may give a double.
 *
 * Vector registers are cleared on the way in and on the way back from a gate,
 * since what the program left in them is no business of the plug-in's.
 *
 * FS, by which the program finds its own thread, is set again wherever control
 * comes back, since any code can load a segment register.
 *
 * On the way back flags are cleared: alignment checks, traps and a direction
 * that the plug-in set would be the program's otherwise.
 */
#include "config.h"

#include "enclavedom/backend/backend.h"

struct ed_monitor ed_monitor __attribute__((__aligned__(4096)));
_Thread_local volatile char ed_selector;
_Thread_local int ed_own_thread;

_Static_assert(offsetof(struct ed_monitor, gate) == 8, "as below");
_Static_assert(offsetof(struct ed_monitor, plugin_pkru) == 16, "as below");
_Static_assert(offsetof(struct ed_monitor, now_pkru) == 20, "as below");
_Static_assert(offsetof(struct ed_monitor, keyed) == 24, "as below");
_Static_assert(offsetof(struct ed_monitor, thread_pointer) == 32, "as below");
_Static_assert(offsetof(struct ed_monitor, signal_stack) == 40, "as below");
_Static_assert(offsetof(struct ed_monitor, vectors) == 48, "as below");
_Static_assert(ED_SIGNAL_STACK == 65536, "as below");
_Static_assert(ED_FUNCTIONS_MAX == 128, "as below");

/* clang-format off */
__asm__(
    ".text\n"
    ".p2align 12\n"
    ".globl ed_gates_begin\n"
    "ed_gates_begin:\n"

    /* ed_switch(stack, code, args): save what a caller may expect to keep. */
    ".globl ed_switch\n"
    ".type ed_switch, @function\n"
    "ed_switch:\n"
    "  push %rbp\n  push %rbx\n  push %r12\n  push %r13\n  push %r14\n"
    "  push %r15\n  sub $8, %rsp\n  stmxcsr (%rsp)\n  fnstcw 4(%rsp)\n"
    "  mov %rsp, ed_monitor(%rip)\n"
    "  call ed_scrub\n"
    "  mov %rdi, %r10\n  mov %rsi, %r11\n"
    "  mov 0(%rdx), %rdi\n  mov 8(%rdx), %rsi\n"
    "  mov 24(%rdx), %r9\n  mov 16(%rdx), %r8\n"
    "  cmpl $0, ed_monitor+24(%rip)\n  je 1f\n"
    "  xor %ecx, %ecx\n  xor %edx, %edx\n"
    "  mov ed_monitor+16(%rip), %eax\n"
    "  wrpkru\n"
    "  cmp ed_monitor+16(%rip), %eax\n  jne ed_wrong\n"
    "1: mov %r10, %rsp\n  mov %r8, %rdx\n  mov %r9, %rcx\n"
    "  xor %eax, %eax\n  xor %ebx, %ebx\n  xor %ebp, %ebp\n"
    "  xor %r8d, %r8d\n  xor %r9d, %r9d\n  xor %r10d, %r10d\n"
    "  xor %r12d, %r12d\n  xor %r13d, %r13d\n  xor %r14d, %r14d\n"
    "  xor %r15d, %r15d\n  cld\n"
    "  call *%r11\n"

    /* Back: the host's stack is where the monitor says, whatever came. */
    "  mov %rax, %r10\n"
    "  cmpl $0, ed_monitor+24(%rip)\n  je 2f\n"
    "  xor %eax, %eax\n  xor %ecx, %ecx\n  xor %edx, %edx\n"
    "  wrpkru\n"
    "  test %eax, %eax\n  jne ed_wrong\n"
    "2: mov ed_monitor(%rip), %rsp\n"
    "  mov ed_monitor+32(%rip), %rax\n  test %rax, %rax\n  je 9f\n"
    "  wrfsbase %rax\n9:\n"
    "  push $2\n  popf\n  call ed_scrub\n"
    "  ldmxcsr (%rsp)\n  fninit\n  fldcw 4(%rsp)\n  add $8, %rsp\n"
    "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbx\n  pop %rbp\n"
    "  mov %r10, %rax\n  ret\n"
    "ed_wrong: ud2\n"

    /* All vector and mask registers, and no other. */
    "ed_scrub:\n"
    "  cmpl $1, ed_monitor+48(%rip)\n  jb 1f\n  je 2f\n"
    ".irp r, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
    "  vpxord %zmm\\r, %zmm\\r, %zmm\\r\n"
    ".endr\n"
    ".irp r, 0,1,2,3,4,5,6,7\n"
    "  kxorw %k\\r, %k\\r, %k\\r\n"
    ".endr\n"
    "2: vzeroall\n  ret\n"
    "1:\n"
    ".irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
    "  pxor %xmm\\r, %xmm\\r\n"
    ".endr\n"
    "  ret\n"

    /* The gates: which function, then the common part. */
    ".p2align 4\n"
    "ed_stubs:\n"
    ".set i, 0\n"
    ".rept 128\n"
    "  mov $i, %r11d\n"
    "  jmp *ed_monitor+8(%rip)\n"
    "  .p2align 4\n"
    "  .set i, i + 1\n"
    ".endr\n"

    /* On the caller's stack: none, mprotect, process. */
    ".globl ed_gate_plain\n"
    "ed_gate_plain:\n"
    "  sub $40, %rsp\n"
    "  mov %rdi, (%rsp)\n  mov %rsi, 8(%rsp)\n"
    "  mov %rdx, 16(%rsp)\n  mov %rcx, 24(%rsp)\n"
    "  mov ed_monitor+32(%rip), %rax\n  test %rax, %rax\n  je 9f\n"
    "  wrfsbase %rax\n9:\n"
    "  mov %r11d, %edi\n  mov %rsp, %rsi\n  push $2\n  popf\n"
    "  call ed_dispatch\n"
    "  call ed_scrub\n"
    "  movq %rax, %xmm0\n"
    "  add $40, %rsp\n  ret\n"

    /* All rights, the host's stack below what ed_switch() left, and back. */
    ".globl ed_gate_keyed\n"
    "ed_gate_keyed:\n"
    "  mov %rdx, %r8\n  mov %rcx, %r9\n"
    "  xor %eax, %eax\n  xor %ecx, %ecx\n  xor %edx, %edx\n"
    "  wrpkru\n"
    "  test %eax, %eax\n  jne ed_wrong\n"
    "  mov %rsp, %r10\n"
    "  mov ed_monitor(%rip), %rsp\n"
    "  push %rbx\n  push %rbp\n  push %r12\n  push %r13\n  push %r14\n"
    "  push %r15\n  push %r10\n"
    "  sub $8, %rsp\n  stmxcsr (%rsp)\n  fnstcw 4(%rsp)\n"
    "  mov ed_monitor(%rip), %rax\n  ldmxcsr (%rax)\n  fninit\n"
    "  fldcw 4(%rax)\n  push $2\n  popf\n"
    "  and $-16, %rsp\n"
    "  sub $32, %rsp\n"
    "  mov %rdi, (%rsp)\n  mov %rsi, 8(%rsp)\n"
    "  mov %r8, 16(%rsp)\n  mov %r9, 24(%rsp)\n"
    "  mov ed_monitor+32(%rip), %rax\n  test %rax, %rax\n  je 9f\n"
    "  wrfsbase %rax\n9:\n"
    "  mov %r11d, %edi\n  mov %rsp, %rsi\n"
    "  call ed_dispatch\n"
    "  mov ed_monitor(%rip), %rsp\n"
    "  sub $64, %rsp\n"
    "  ldmxcsr (%rsp)\n  fldcw 4(%rsp)\n  add $8, %rsp\n"
    "  pop %r10\n  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n"
    "  pop %rbp\n  pop %rbx\n"
    "  mov %rax, %r11\n"
    "  xor %esi, %esi\n  xor %edi, %edi\n  xor %r8d, %r8d\n"
    "  xor %r9d, %r9d\n"
    "  call ed_scrub\n"
    "  xor %ecx, %ecx\n  xor %edx, %edx\n"
    "  mov ed_monitor+16(%rip), %eax\n"
    "  wrpkru\n"
    "  cmp ed_monitor+16(%rip), %eax\n  jne ed_wrong\n"
    "  mov %r10, %rsp\n  mov %r11, %rax\n  movq %r11, %xmm0\n  ret\n"

    /* ed_set_pkru(pkru): only what the monitor expects. */
    ".globl ed_set_pkru\n"
    ".type ed_set_pkru, @function\n"
    "ed_set_pkru:\n"
    "  mov %edi, %eax\n  xor %ecx, %ecx\n  xor %edx, %edx\n"
    "  wrpkru\n"
    "  cmp ed_monitor+20(%rip), %eax\n  jne ed_wrong\n"
    "  ret\n"
    ".globl ed_get_pkru\n"
    ".type ed_get_pkru, @function\n"
    "ed_get_pkru:\n"
    "  xor %ecx, %ecx\n  rdpkru\n  ret\n"
    /* ed_handler(): on the stack for signals of the thread that is inside,
     * FS is what the plug-in made of it. */
    ".globl ed_handler\n"
    ".type ed_handler, @function\n"
    "ed_handler:\n"
    "  mov %rsp, %rax\n  sub ed_monitor+40(%rip), %rax\n"
    "  cmp $65536, %rax\n  jae 9f\n"
    "  mov ed_monitor+32(%rip), %rax\n  test %rax, %rax\n  je 9f\n"
    "  wrfsbase %rax\n"
    "9: jmp ed_caught\n"
    ".p2align 12\n"
    ".globl ed_gates_end\n"
    "ed_gates_end:\n");
/* clang-format on */

extern const char ed_stubs[];

void *
ed_gate_address(int i)
{
    return (void *) (uintptr_t) (ed_stubs + 16 * i);
}

void
ed_stop(struct ed_domain *d, enum ed_kind kind, uint64_t value)
{
    ed_monitor.violation = (struct ed_violation){.kind = kind,
                                                 .function = d->live->function,
                                                 .region = -1,
                                                 .address = value};
    if (ed_monitor.end != NULL)
        ed_monitor.end(&ed_monitor.violation);
    if (!d->backend->handlers)
        __builtin_trap();
    if (ed_monitor.keyed) {
        ed_monitor.now_pkru = 0;
        ed_set_pkru(0);
    }
    siglongjmp(d->live->recover, 1);
}

void
ed_refuse(struct ed_domain *d, uint64_t value)
{
    ed_stop(d, ED_ARGUMENT, value);
}

void
ed_exhaust(struct ed_domain *d)
{
    ed_stop(d, ED_EXHAUSTED, 0);
}

/* Entered from every gate, with all rights where keys are used. */
uint64_t
ed_dispatch(unsigned function, const uint64_t *args)
{
    struct ed_domain *d = ed_monitor.domain;
    const struct ed_backend *b = d->backend;
    uint64_t mine[ED_ARGS_MAX], result;

    for (int i = 0; i < ED_ARGS_MAX; i++)
        mine[i] = args[i];
    if (function >= (unsigned) d->config.nfunctions)
        ed_refuse(d, function);
    d->live->function = (int) function;
    ed_monitor.state = ED_GATED;
    ed_selector = 0; /* the program's own code may need memory */
    if (b->grant != NULL)
        b->grant(d, d->config.functions[function].rights);
    result = d->config.functions[function].run(d->config.arg, mine);
    if (b->revoke != NULL)
        b->revoke(d);
    ed_selector = b->handlers;
    ed_monitor.state = ED_INSIDE; /* from here on it can be cut short */
    if (ed_monitor.late)
        ed_stop(d, ED_OVERTIME, 0);
    d->live->function = -1;
    return result;
}
