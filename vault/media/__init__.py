"""Every parser of untrusted files, in a process of its own that never holds a key.

`reader` is the parent's side and the only module that other rooms use, with the values of
`metadata` and `extension_for` of `media_type`. Everything else runs in the child: it gets a path
or bytes over a pipe, and has no environment, no inherited descriptor and no terminal. On Linux
(x86-64, AArch64) the kernel holds it to reading, even where a file has taken it over with native
code: it can look at what the user may read, and tell nobody but its parent. On macOS and Windows
only Python code is held so, and on Windows memory is not limited either; see `confinement`.
Its answer is as untrusted as the file it read. Whatever happens there costs the metadata, never
the entry; where only Python code is held, that is a promise about broken files, not about
a file made to take the program over.
"""
