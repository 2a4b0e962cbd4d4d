"""A sandbox that a process of Linux puts itself into, before it imports what it does not trust.

Why: a cell that parses what strangers send must have nothing that it does not need, and no code of its own can take
that away again once it is broken. The kernel can: Landlock for files, a seccomp allow list for system calls, limits,
a user of its own, and, where they are to be had, namespaces with a file tree that holds only what is declared.
Decision D-060: what cannot be enforced refuses to start, with the reason and the cure. Because a sandbox that is
silently weaker is worse than none. Revisit when: never.
Decision D-061: two layers guard each thing that matters (files: Landlock and the file tree; sockets: seccomp and the
network namespace; other processes: seccomp, Landlock's scopes and the user). Because a bug in one of them must not be
a way out, and because containers often lack one. Revisit when the kernel offers all of it in one.
Decision D-062: nothing but the standard library and the system's own C library is used. Because what is trusted must be
small, and wheels of such libraries lag behind kernels. Revisit when Python offers Landlock and seccomp itself.
Not here: who forks, and what is said over the channel (`placement.process`); names and hosts (`placement.egress`).

A reader begins with `policy`, then `confinement` (the order of the steps), then one file a step.
"""
